import * as multipasta from 'multipasta';
import { RestageError } from '../operations/errors.ts';

export const mostParts = 60;
const mostFieldBytes = 64 * 1024;
const dash = 0x2d;
/** A longer run of dashes holds the two that end a form, wherever it is cut. */
const longestHeld = 64;

interface FormParts {
  field(name: string, bytes: Uint8Array): void;
  /** Answers where the file's chunks go; null ends it. */
  file(name: string): (chunk: Uint8Array | null) => void;
  fail(error: RestageError): void;
}

/** `multipasta`, with what it leaves open: it throws at some broken headers, and takes a form that was cut in a header. */
export const createFormParser = (headers: Headers, parts: FormParts) => {
  let done = false;
  let held = new Uint8Array(0);
  const parser = multipasta.make({
    headers: Object.fromEntries(headers),
    isFile: (part) => part.filename !== undefined || /^image\//i.test(part.contentType),
    maxParts: mostParts,
    maxFieldSize: mostFieldBytes,
    onField: (part, bytes) => parts.field(part.name, bytes),
    onFile: (part) => parts.file(part.name),
    onError: (error) => parts.fail(unreadable(error)),
    onDone: () => {
      done = true;
    },
  });
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch {
      parts.fail(unreadable({ _tag: 'BadHeaders' }));
    }
  };
  return {
    write: (chunk: Uint8Array): void => {
      if (done) return;
      const bytes = held.byteLength > 0 ? joined(held, chunk) : chunk;
      // Cut between the two dashes behind the last boundary, multipasta takes the second for a header.
      const run = trailingDashes(bytes);
      held = run > 0 && run <= longestHeld ? bytes.slice(bytes.byteLength - run) : new Uint8Array(0);
      guarded(() => parser.write(bytes.subarray(0, bytes.byteLength - held.byteLength)));
    },
    end: (): void => {
      guarded(() => {
        if (held.byteLength > 0 && !done) parser.write(held);
        parser.end();
      });
      if (!done) parts.fail(unreadable({ _tag: 'EndNotReached' }));
    },
  };
};

const trailingDashes = (bytes: Uint8Array): number => {
  let run = 0;
  while (run <= longestHeld && run < bytes.byteLength && bytes[bytes.byteLength - 1 - run] === dash) run += 1;
  return run;
};

const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  const both = new Uint8Array(first.byteLength + second.byteLength);
  both.set(first);
  both.set(second, first.byteLength);
  return both;
};

type Unreadable = { readonly _tag: 'BadHeaders' } | Exclude<multipasta.MultipartError, { readonly _tag: 'BadHeaders' }>;

const unreadable = (error: Unreadable): RestageError => {
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
