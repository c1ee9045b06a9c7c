import type { z } from '@hono/zod-openapi';
import { RestageError } from '../operations/errors.ts';
import { mostWordsBytes, unsafeIn } from './body.ts';
import { BodyShare, streamBytes } from './body-budget.ts';
import type { Feed } from './feed.ts';
import { type FileField, placeFields, pointerOfFile, type TextField } from './form-fields.ts';
import { createFormParser } from './form-parser.ts';
import { invalid } from './problem.ts';
import { parseWhileItComes, type ReadBody, type UploadOptions, Uploads } from './uploads.ts';

interface FormOptions extends UploadOptions {
  readonly schema: z.ZodObject;
  readonly maxBytes: number;
  /** Has to live as long as the value; without it, what the form's words take is counted only while it is read. */
  readonly share?: BodyShare;
}

/**
 * Reads a form while it comes: files stream into storage one after the other and stand in the value as asset ids.
 * When anything is wrong, what was stored is deleted again.
 */
export const readMultipart = async (request: Request, options: FormOptions): Promise<ReadBody> => {
  using own = new BodyShare();
  const { share = own, schema, maxBytes } = options;
  own.take(streamBytes);
  const uploads = new Uploads(options);
  try {
    const reading = new FormReading(request.headers, uploads, schema, share);
    await parseWhileItComes(request, maxBytes, reading, uploads);
    await uploads.consumed();
    own.giveBack(streamBytes);
    const kept = await uploads.kept();
    const files = kept.map(({ id }, index): FileField => ({ id, name: reading.fileNames[index] ?? '' }));
    const { value, problems } = placeFields(schema, reading.texts, files);
    const unsafe = [...problems, ...unsafeIn(value)];
    if (unsafe.length > 0) throw invalid(unsafe);
    return { value, uploads: kept };
  } catch (error) {
    await uploads.discard();
    throw error;
  }
};

class FormReading {
  readonly texts: TextField[] = [];
  readonly fileNames: string[] = [];
  readonly #parser: ReturnType<typeof createFormParser>;
  #words = 0;

  constructor(headers: Headers, uploads: Uploads, schema: z.ZodObject, share: BodyShare) {
    this.#parser = createFormParser(headers, {
      field: (name, bytes) => {
        this.#words += bytes.byteLength;
        try {
          if (this.#words > mostWordsBytes) throw tooManyWords();
          share.take(bytes.byteLength);
          // A copy: it would keep the whole chunk.
          this.texts.push({ name, bytes: bytes.slice() });
        } catch (error) {
          uploads.fail(error);
        }
      },
      file: (name) => this.#openFile(uploads, schema, name),
      fail: (error) => uploads.fail(error),
    });
  }

  write(chunk: Uint8Array): void {
    this.#parser.write(chunk);
  }

  end(): void {
    this.#parser.end();
  }

  #openFile(uploads: Uploads, schema: z.ZodObject, name: string): (chunk: Uint8Array | null) => void {
    const feed: Feed = uploads.open(pointerOfFile(schema, name, this.fileNames));
    this.fileNames.push(name);
    return (chunk) => (chunk ? feed.push(chunk) : feed.end());
  }
}

const tooManyWords = (): RestageError =>
  new RestageError('too_large', `A form may have at most ${mostWordsBytes} bytes of text.`);
