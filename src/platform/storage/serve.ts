/** `/files/{key}`: signed links to results and assets, whole or as thumbnails. Web-standard APIs only. */
import { notFound, RestageError } from '../../operations/errors.ts';
import { contentTypeOfKey } from './keys.ts';
import type { Signer } from './signing.ts';
import type { ByteRange, ObjectInfo, Storage } from './storage.ts';

const prefix = '/files/';

/** One answer for an unknown key and for a bad, foreign or expired signature. */
const noSuchFile = (): RestageError => notFound('This file');

/** What every file answer carries: nothing in it may run, be sniffed, or be mistaken for a page of ours. */
const headersOf = (info: ObjectInfo, livesMs: number): Headers =>
  new Headers({
    'content-type': info.contentType,
    'content-disposition': info.contentType.startsWith('image/') ? 'inline' : 'attachment',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    // Whoever has the link may show the picture on a page of theirs.
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': `private, immutable, max-age=${Math.floor(livesMs / 1000)}`,
    'accept-ranges': 'bytes',
    etag: info.etag,
  });

/** Whether `If-None-Match` names the tag. */
const matches = (header: string | null, etag: string): boolean =>
  (header ?? '').split(',').some((candidate) => ['*', etag, `W/${etag}`].includes(candidate.trim()));

/** One range as RFC 9110 wants it; `all` when there is none, several, or an unreadable one. */
const rangeOf = (header: string | null, bytes: number): ByteRange | 'all' | 'unsatisfiable' => {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (first === '' && last === '') return 'all';
  if (first === '') {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? 'unsatisfiable' : { start: bytes - length, end: bytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (last !== '' && Number(last) < start) return 'all';
  return start >= bytes ? 'unsatisfiable' : { start, end };
};

const answerRead = async (request: Request, key: string, storage: Storage, livesMs: number): Promise<Response> => {
  const info = await storage.stat(key);
  if (info === null) throw noSuchFile();
  const headers = headersOf(info, livesMs);
  if (matches(request.headers.get('if-none-match'), info.etag)) return new Response(null, { status: 304, headers });
  const ifRange = request.headers.get('if-range');
  const wanted = ifRange === null || ifRange === info.etag ? request.headers.get('range') : null;
  const range = request.method === 'HEAD' ? 'all' : rangeOf(wanted, info.bytes);
  if (range === 'unsatisfiable') {
    headers.set('content-range', `bytes */${info.bytes}`);
    return new Response(null, { status: 416, headers });
  }
  const { start, end } = range === 'all' ? { start: 0, end: info.bytes - 1 } : range;
  headers.set('content-length', String(end + 1 - start));
  if (range !== 'all') headers.set('content-range', `bytes ${start}-${end}/${info.bytes}`);
  if (request.method === 'HEAD') return new Response(null, { status: 200, headers });
  const opened = await storage.open(key, range === 'all' ? undefined : range);
  if (opened === null) throw noSuchFile();
  return new Response(opened.stream, { status: range === 'all' ? 200 : 206, headers });
};

/** The body, ending in an error unless it is as long as was promised. */
async function* exactly(body: ReadableStream<Uint8Array> | null, bytes: number): AsyncGenerator<Uint8Array> {
  let received = 0;
  if (body !== null) {
    for await (const chunk of body) {
      received += chunk.byteLength;
      yield chunk;
    }
  }
  if (received !== bytes) {
    throw new RestageError('invalid_request', `The upload ended after ${received} of ${bytes} bytes. Send it again.`);
  }
}

const answerUpload = async (request: Request, key: string, storage: Storage, signer: Signer): Promise<Response> => {
  const contentType = request.headers.get('content-type') ?? '';
  const length = request.headers.get('content-length') ?? '';
  if (!/^\d{1,15}$/.test(length) || contentTypeOfKey(key) !== contentType) throw noSuchFile();
  const bytes = Number(length);
  const livesMs = await signer.verify({ method: 'PUT', key, contentType, bytes }, new URL(request.url).searchParams);
  if (livesMs === null) throw noSuchFile();
  await storage.put(key, exactly(request.body, bytes), { contentType, maxBytes: bytes, signal: request.signal });
  return new Response(null, { status: 200 });
};

const answerThumbnail = async (
  request: Request,
  key: string,
  { storage, thumbnail, livesMs }: Pick<FileServerOptions, 'storage' | 'thumbnail'> & { livesMs: number },
): Promise<Response> => {
  const asked = new URL(request.url).searchParams.get('w');
  const width = thumbnail.widths.find((each) => String(each) === asked);
  if (width === undefined || !thumbnail.types.includes(contentTypeOfKey(key) ?? '')) {
    const message = `must be one of ${thumbnail.widths.join(', ')}, for a picture`;
    throw new RestageError('invalid_request', 'There is no such thumbnail.', { errors: [{ pointer: '?w', message }] });
  }
  const info = await storage.stat(key);
  if (info === null) throw noSuchFile();
  const etag = `${info.etag.slice(0, -1)}-w${width}"`;
  const headers = headersOf({ ...info, contentType: 'image/webp', etag }, livesMs);
  headers.delete('accept-ranges');
  if (matches(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  const open = async () => (await storage.open(key))?.stream ?? null;
  const bytes = await thumbnail.get({ key, etag: info.etag, open }, width);
  headers.set('content-length', String(bytes.byteLength));
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(bytes), { status: 200, headers });
};

export type FileServer = (request: Request) => Promise<Response>;

export interface Thumbnail {
  /** Pixels; no other is made. */
  readonly widths: readonly number[];
  /** Content types that it can be made of. */
  readonly types: readonly string[];
  /** WebP. `etag` is another one for other bytes; throws `not_found` when there is nothing to open. */
  get(
    picture: { key: string; etag: string; open: () => Promise<AsyncIterable<Uint8Array> | null> },
    width: number,
  ): Promise<Uint8Array>;
}

export interface FileServerOptions {
  readonly storage: Storage;
  readonly signer: Signer;
  readonly thumbnail: Thumbnail;
  /** Whether direct uploads come here too, not to the store itself. */
  readonly uploads: boolean;
}

/**
 * Answers GET, HEAD and PUT of `/files/{key}`; throws `not_found` for all that has no right signature. The key is
 * taken as it was sent: nothing is decoded, and what is not spelled as a key is not found.
 */
export const createFileServer =
  ({ storage, signer, thumbnail, uploads }: FileServerOptions): FileServer =>
  async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const key = pathname.slice(pathname.indexOf(prefix) + prefix.length);
    if (!pathname.includes(prefix) || contentTypeOfKey(key) === null) throw noSuchFile();
    if (uploads && request.method === 'PUT') return answerUpload(request, key, storage, signer);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new RestageError('method_not_allowed', 'Files can be read with GET and HEAD, and uploaded with PUT.', {
        headers: { allow: uploads ? 'GET, HEAD, PUT' : 'GET, HEAD' },
      });
    }
    const livesMs = await signer.verify({ method: 'GET', key }, searchParams);
    if (livesMs === null) throw noSuchFile();
    if (searchParams.has('w')) return answerThumbnail(request, key, { storage, thumbnail, livesMs });
    return answerRead(request, key, storage, livesMs);
  };
