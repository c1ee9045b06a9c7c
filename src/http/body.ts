import { type InputProblem, RestageError } from '../operations/errors.ts';
import type { BodyShare } from './body-budget.ts';
import { invalid } from './problem.ts';

/**
 * Without `connection: close`: Node would close at once, and who is still sending would see a reset instead of the
 * answer. The server reads on for half a second and closes then.
 */
export const tooLargeBody = (maxBytes: number, sent?: number): RestageError =>
  new RestageError(
    'too_large',
    `The body is ${sent === undefined ? 'larger' : `${sent} bytes, more`} than the limit of ${maxBytes} bytes. Upload large images with POST /v1/assets and name their asset id.`,
  );

/** One image of full size as base64, and the words; and never more than a JavaScript string can safely be. */
export const jsonLimit = (maxImageBytes: number): number =>
  Math.min(Math.ceil((maxImageBytes * 4) / 3) + 1_048_576, 256 * 1024 * 1024);

/** The body's chunks; ends in `too_large` as soon as the limit is passed, not after. */
export async function* limitedBody(request: Request, maxBytes: number): AsyncGenerator<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? Number.NaN);
  if (declared > maxBytes) throw tooLargeBody(maxBytes, declared);
  let bytes = 0;
  if (!request.body) return;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLargeBody(maxBytes);
    yield chunk;
  }
}

/** Small bodies with a declared length, which the server holds to, are read in one go. */
const readAtOnceBytes = 1024 * 1024;

const readText = async (request: Request, maxBytes: number, share: BodyShare): Promise<string> => {
  const declared = request.headers.get('content-length');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array | ArrayBuffer, stream = false): string => {
    try {
      return decoder.decode(bytes, { stream });
    } catch {
      throw new RestageError('invalid_json', 'The body is not valid UTF-8.');
    }
  };
  if (declared !== null && Number(declared) <= Math.min(maxBytes, readAtOnceBytes)) {
    share.take(Number(declared));
    return decode(await request.arrayBuffer());
  }
  let text = '';
  for await (const chunk of limitedBody(request, maxBytes)) {
    share.take(chunk.byteLength);
    text += decode(chunk, true);
  }
  return text + decode();
};

/** `share` has to live as long as what was read. */
export const readJson = async (request: Request, maxBytes: number, share: BodyShare): Promise<unknown> => {
  const text = await readText(request, maxBytes, share);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notJson(error as Error);
  }
  const problems = unsafeIn(value);
  if (problems.length > 0) throw invalid(problems);
  return value;
};

/** The engine's message quotes the body, and a body may hold secrets: only the position is told. */
const notJson = ({ message }: Error): RestageError => {
  const position = /at position \d+/.exec(message)?.[0];
  return new RestageError('invalid_json', `The body is not valid JSON${position ? ` (${position})` : ''}.`);
};

const deepest = 32;

/** What JSON can say and the database or JavaScript cannot keep: NUL, lone surrogates, `__proto__`, endless depth. */
export const unsafeIn = (value: unknown, pointer = '', depth = 0): InputProblem[] => {
  if (depth > deepest) return [{ pointer, message: `is nested more than ${deepest} levels deep` }];
  if (typeof value === 'string') {
    const fine = value.isWellFormed() && !value.includes('\0');
    return fine ? [] : [{ pointer, message: 'must be valid Unicode without NUL' }];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, each]) => {
    const at = `${pointer}/${escapePointer(key)}`;
    if (key === '__proto__') return [{ pointer: at, message: 'is not a field' }];
    if (!key.isWellFormed() || key.includes('\0')) return [{ pointer, message: 'has a key that is not valid Unicode' }];
    return unsafeIn(each, at, depth + 1);
  });
};

/** RFC 6901. */
export const escapePointer = (key: string | number | symbol): string =>
  String(key).replaceAll('~', '~0').replaceAll('/', '~1');
