import { type InputProblem, RestageError } from '../operations/errors.ts';
import { type BodyShare, smallBodyBytes } from './body-budget.ts';
import { invalid } from './problem.ts';

/**
 * Without `connection: close`: Node would close at once, and who is still sending would see a reset instead of the
 * answer. The server throws away what still comes, for a while, and closes then.
 */
const tooLargeBody = (maxBytes: number, sent?: number): RestageError =>
  new RestageError(
    'too_large',
    `The body is ${sent === undefined ? 'larger' : `${sent} bytes, more`} than the limit of ${maxBytes} bytes. Upload large images with POST /v1/assets and name their asset id.`,
  );

/** Who sends it has gone, or the connection broke. Nobody will read the answer; it keeps the log right. */
export const brokenOff = (error: unknown): unknown =>
  error instanceof RestageError
    ? error
    : new RestageError('invalid_request', 'The body broke off before its end. Send it again.', { cause: error });

/** Of a JSON body, beside its pictures. */
export const mostWordsBytes = 1_048_576;

/** So many images of full size as base64, in which PHP writes each `/` as `\/`, and the words. */
export const jsonLimit = (maxImageBytes: number, images = 1): number =>
  Math.ceil((images * maxImageBytes * 4 * 33) / (3 * 32)) + mostWordsBytes;

/** The body's chunks; ends in `too_large` as soon as the limit is passed, not after. */
export async function* limitedBody(request: Request, maxBytes: number): AsyncGenerator<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? Number.NaN);
  if (declared > maxBytes) throw tooLargeBody(maxBytes, declared);
  let bytes = 0;
  if (!request.body) return;
  const chunks = (request.body as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value: chunk, done } = await chunks.next().catch((error: unknown) => {
        throw brokenOff(error);
      });
      if (done) return;
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLargeBody(maxBytes);
      yield chunk;
    }
  } finally {
    await chunks.return?.();
  }
}

/** Whether a body is small by its own word, to which the server holds it. */
export const isSmall = (request: Request): boolean => {
  const declared = request.headers.get('content-length');
  return declared !== null && Number(declared) <= smallBodyBytes;
};

/** A small body is read in one go; it is thousands of them that come each second. */
const readBytes = async (request: Request, maxBytes: number, share: BodyShare): Promise<Uint8Array> => {
  if (isSmall(request)) {
    const declared = Number(request.headers.get('content-length'));
    if (declared > maxBytes) throw tooLargeBody(maxBytes, declared);
    share.take(declared);
    return new Uint8Array(
      await request.arrayBuffer().catch((error: unknown) => {
        throw brokenOff(error);
      }),
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of limitedBody(request, maxBytes)) {
    share.take(chunk.byteLength);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** A body without large pictures. `share` has to live as long as what was read. */
export const readJson = async (request: Request, maxBytes: number, share: BodyShare): Promise<unknown> =>
  parseJson(await readBytes(request, maxBytes, share));

/** `isWhole`: the bytes are those that were sent, so that a position in them means something to the caller. */
export const parseJson = (bytes: Uint8Array, isWhole = true): unknown => {
  let value: unknown;
  try {
    value = JSON.parse(textOf(bytes));
  } catch (error) {
    throw error instanceof RestageError ? error : notJson(error as Error, isWhole);
  }
  const problems = unsafeIn(value);
  if (problems.length > 0) throw invalid(problems);
  return value;
};

const textOf = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RestageError('invalid_json', 'The body is not valid UTF-8.');
  }
};

/** The engine's message quotes the body, and a body may hold secrets: only the position is told. */
const notJson = ({ message }: Error, isWhole: boolean): RestageError => {
  const position = isWhole ? /at position \d+/.exec(message)?.[0] : undefined;
  return new RestageError('invalid_json', `The body is not valid JSON${position ? ` (${position})` : ''}.`);
};

export const deepest = 32;
export const tooDeep = `is nested more than ${deepest} levels deep`;

/** What JSON can say and the database or JavaScript cannot keep: NUL, lone surrogates, `__proto__`, endless depth. */
export const unsafeIn = (value: unknown, pointer = '', depth = 0): InputProblem[] => {
  if (depth > deepest) return [{ pointer, message: tooDeep }];
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
