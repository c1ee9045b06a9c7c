import type { z } from '@hono/zod-openapi';
import { type Intake, pointedAt } from '../jobs/intake.ts';
import type { AssetRecord } from '../jobs/model.ts';
import { RestageError } from '../operations/errors.ts';
import { limitedBody, unsafeIn } from './body.ts';
import { Feed } from './feed.ts';
import { type FileField, placeFields, pointerOfFile, type TextField } from './form-fields.ts';
import { createFormParser } from './form-parser.ts';
import { invalid } from './problem.ts';

export interface MultipartForm {
  readonly value: Record<string, unknown>;
  readonly uploads: readonly AssetRecord[];
}

interface FormOptions {
  readonly account: string;
  readonly intake: Intake;
  readonly schema: z.ZodObject;
  readonly maxBytes: number;
}

const mostFiles = 16;

/**
 * Reads a form while it comes: files stream into storage one after the other and stand in the value as asset ids.
 * When anything is wrong, what was stored is deleted again.
 */
export const readMultipart = async (request: Request, options: FormOptions): Promise<MultipartForm> => {
  const reading = new FormReading(options);
  try {
    await reading.read(request);
    const uploads = await reading.uploads();
    const files = uploads.map(({ name, asset }): FileField => ({ name, id: asset.id }));
    const { value, problems } = placeFields(options.schema, reading.texts, files);
    const unsafe = [...problems, ...unsafeIn(value)];
    if (unsafe.length > 0) throw invalid(unsafe);
    return { value, uploads: uploads.map(({ asset }) => asset) };
  } catch (error) {
    await reading.discard();
    throw error;
  }
};

class FormReading {
  readonly texts: TextField[] = [];
  #files: { name: string; kept: Promise<AssetRecord> }[] = [];
  #feed: Feed | null = null;
  #failure: unknown = null;
  readonly #options: FormOptions;

  constructor(options: FormOptions) {
    this.#options = options;
  }

  async read(request: Request): Promise<void> {
    const parser = createFormParser(request.headers, {
      field: (name, bytes) => void this.texts.push({ name, bytes: bytes.slice() }),
      file: (name) => this.#openFile(name),
      fail: (error) => this.#fail(error),
    });
    try {
      for await (const chunk of limitedBody(request, this.#options.maxBytes)) {
        parser.write(chunk);
        if (this.#failure) throw this.#failure;
        await this.#feed?.drained();
        if (this.#failure) throw this.#failure;
      }
      parser.end();
      if (this.#failure) throw this.#failure;
    } catch (error) {
      this.#feed?.fail(error);
      throw error;
    }
  }

  #openFile(name: string): (chunk: Uint8Array | null) => void {
    if (this.#files.length >= mostFiles) {
      this.#fail(new RestageError('invalid_request', `A form may have at most ${mostFiles} files.`));
      return () => {};
    }
    const { account, intake, schema } = this.#options;
    const pointer = pointerOfFile(
      schema,
      name,
      this.#files.map((file) => file.name),
    );
    const feed = new Feed();
    this.#feed = feed;
    const kept = intake.keep(account, feed).catch((error: unknown) => {
      const pointed = pointedAt(pointer, error);
      this.#fail(pointed);
      throw pointed;
    });
    kept.catch(() => {});
    this.#files.push({ name, kept });
    return (chunk) => (chunk ? feed.push(chunk) : feed.end());
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#feed?.fail(error);
  }

  uploads(): Promise<{ name: string; asset: AssetRecord }[]> {
    return Promise.all(this.#files.map(async ({ name, kept }) => ({ name, asset: await kept })));
  }

  async discard(): Promise<void> {
    const settled = await Promise.allSettled(this.#files.map(({ kept }) => kept));
    await Promise.allSettled(
      settled.map((each) => (each.status === 'fulfilled' ? this.#options.intake.discard(each.value) : undefined)),
    );
  }
}
