import type { z } from '@hono/zod-openapi';
import * as multipasta from 'multipasta';
import type { Intake } from '../jobs/intake.ts';
import type { AssetRecord } from '../jobs/model.ts';
import { type InputProblem, RestageError } from '../operations/errors.ts';
import { limitedBody, unsafeIn } from './body.ts';
import { placeFields, type TextField } from './form-fields.ts';
import { invalid } from './problem.ts';

export interface MultipartForm {
  readonly value: Record<string, unknown>;
  readonly uploads: readonly AssetRecord[];
}

const mostParts = 60;
const mostFiles = 16;
const mostFieldBytes = 64 * 1024;

/**
 * Reads a form while it comes: files stream into storage one after the other and stand in the value as asset ids.
 * When anything is wrong, what was stored is deleted again.
 */
export const readMultipart = async (
  request: Request,
  options: { account: string; intake: Intake; schema: z.ZodObject; maxBytes: number },
): Promise<MultipartForm> => {
  const reading = new FormReading(options.account, options.intake);
  try {
    await reading.read(request, options.maxBytes);
    const uploads = await reading.uploads();
    const texts = reading.texts;
    const files = uploads.map(({ name, asset }) => ({ name, value: asset.id }));
    const { value, problems } = placeFields(options.schema, texts, files);
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
  readonly #account: string;
  readonly #intake: Intake;

  constructor(account: string, intake: Intake) {
    this.#account = account;
    this.#intake = intake;
  }

  async read(request: Request, maxBytes: number): Promise<void> {
    const parser = multipasta.make({
      headers: Object.fromEntries(request.headers),
      isFile: (part) => part.filename !== undefined || /^image\//i.test(part.contentType),
      maxParts: mostParts,
      maxFieldSize: mostFieldBytes,
      onField: (part, bytes) => void this.texts.push({ name: part.name, text: new TextDecoder().decode(bytes) }),
      onFile: (part) => this.#openFile(part.name),
      onError: (error) => this.#fail(formError(error)),
      onDone: () => {},
    });
    try {
      for await (const chunk of limitedBody(request, maxBytes)) {
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
    if (this.#files.length >= mostFiles)
      this.#fail(new RestageError('invalid_request', `A form may have at most ${mostFiles} files.`));
    const feed = new Feed();
    this.#feed = feed;
    const kept = this.#intake.keep(this.#account, feed).catch((error: unknown) => {
      const named = error instanceof RestageError ? withPointer(error, name) : error;
      this.#fail(named);
      throw named;
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
      settled.map((each) => (each.status === 'fulfilled' ? this.#intake.discard(each.value) : undefined)),
    );
  }
}

const highWaterBytes = 128 * 1024;

/** Chunks of one file on their way to storage; `drained` holds the sender back. */
class Feed implements AsyncIterable<Uint8Array> {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #error: unknown = null;
  #wake = (): void => {};
  #drain = (): void => {};

  push(chunk: Uint8Array): void {
    // The parser reuses its buffer.
    this.#chunks.push(chunk.slice());
    this.#bytes += chunk.byteLength;
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#error ??= error;
    this.#ended = true;
    this.#wake();
    this.#drain();
  }

  async drained(): Promise<void> {
    if (this.#bytes < highWaterBytes || this.#ended) return;
    await new Promise<void>((resolve) => {
      this.#drain = resolve;
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (this.#error) throw this.#error;
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#bytes -= chunk.byteLength;
          if (this.#bytes < highWaterBytes) this.#drain();
          yield chunk;
        } else if (this.#ended) return;
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
      }
    } finally {
      // Whoever reads has gone: nothing may wait for it.
      this.#ended = true;
      this.#drain();
    }
  }
}

const withPointer = (error: RestageError, name: string): RestageError => {
  const problem: InputProblem = {
    pointer: `/${name.replaceAll('.', '/').replace(/\[(.+?)\]/g, '/$1')}`,
    message: error.message,
  };
  return new RestageError(error.code, error.message, { errors: [problem], headers: error.headers, cause: error });
};

const formError = (error: multipasta.MultipartError): RestageError => {
  if (error._tag === 'ReachedLimit') {
    const limits = {
      MaxParts: `at most ${mostParts} parts`,
      MaxFieldSize: `text fields of at most ${mostFieldBytes} bytes`,
      MaxPartSize: 'smaller parts',
      MaxTotalSize: 'a smaller body',
    };
    return new RestageError('invalid_request', `A form may have ${limits[error.limit]}.`);
  }
  const why = {
    InvalidBoundary: 'its boundary is missing',
    BadHeaders: 'a part has broken headers',
    InvalidDisposition: 'a part has no name',
    EndNotReached: 'it ended too early',
  };
  return new RestageError('invalid_request', `The multipart body cannot be read: ${why[error._tag]}.`);
};
