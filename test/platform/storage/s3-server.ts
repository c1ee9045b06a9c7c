/**
 * s3rver on a socket, with what it lacks of the real service: it checks signatures of presigned URLs (it takes any
 * itself), refuses the SDK's optional checksums like an older compatible server, and really ends multipart uploads.
 */
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';

/** s3rver knows this one account. */
export const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
export const region = 'us-east-1';

export interface S3Server {
  readonly url: string;
  /** `METHOD /path?query` of every request, in order. */
  readonly requests: string[];
  /** Ids of multipart uploads that were neither completed nor ended. */
  readonly openUploads: Set<string>;
  /** Answers the next so many requests with 503. */
  failNext(count: number): void;
  keys(bucket: string): Promise<string[]>;
  close(): Promise<void>;
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** Signature Version 4 in the query, https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const signatureHolds = (request: IncomingMessage): boolean => {
  const url = new URL(request.url ?? '', 'http://x');
  const query = [...url.searchParams].filter(([name]) => name !== 'X-Amz-Signature');
  const canonicalQuery = query
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const names = (url.searchParams.get('X-Amz-SignedHeaders') ?? '').split(';');
  const canonicalHeaders = names.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`).join('');
  const canonical = [
    request.method,
    url.pathname,
    canonicalQuery,
    canonicalHeaders,
    names.join(';'),
    'UNSIGNED-PAYLOAD',
  ];
  const date = url.searchParams.get('X-Amz-Date') ?? '';
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  const hashed = createHash('sha256').update(canonical.join('\n')).digest('hex');
  const key = [region, 's3', 'aws4_request'].reduce<Buffer>(
    (current, part) => hmac(current, part),
    hmac(`AWS4${credentials.secretAccessKey}`, date.slice(0, 8)),
  );
  const expected = hmac(key, ['AWS4-HMAC-SHA256', date, scope, hashed].join('\n')).toString('hex');
  const credential = url.searchParams.get('X-Amz-Credential');
  return (
    names.includes('host') &&
    credential === `${credentials.accessKeyId}/${scope}` &&
    url.searchParams.get('X-Amz-Signature') === expected
  );
};

const refuse = (request: IncomingMessage, isOpen: (id: string) => boolean): { status: number; code: string } | null => {
  const url = new URL(request.url ?? '', 'http://x');
  const signed = request.headers.authorization !== undefined || url.searchParams.has('X-Amz-Signature');
  if (!signed) return { status: 403, code: 'AccessDenied' };
  if (url.searchParams.has('X-Amz-Signature') && !signatureHolds(request))
    return { status: 403, code: 'SignatureDoesNotMatch' };
  if ('x-amz-sdk-checksum-algorithm' in request.headers) return { status: 501, code: 'NotImplemented' };
  const id = url.searchParams.get('uploadId');
  return id !== null && !isOpen(id) ? { status: 404, code: 'NoSuchUpload' } : null;
};

export const startS3 = async (buckets: readonly string[]): Promise<S3Server> => {
  const directory = await mkdtemp(join(tmpdir(), 'restage-s3-'));
  const app = new S3rver({ directory, silent: true, configureBuckets: buckets.map((name) => ({ name })) });
  await app.configureBuckets();
  const answer: RequestListener = app.callback();
  const requests: string[] = [];
  const openUploads = new Set<string>();
  let failing = 0;
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const url = new URL(request.url ?? '', 'http://x');
    const id = url.searchParams.get('uploadId');
    const refused = failing > 0 ? { status: 503, code: 'SlowDown' } : refuse(request, (each) => openUploads.has(each));
    failing -= failing > 0 ? 1 : 0;
    if (refused !== null) {
      request.resume();
      response.writeHead(refused.status, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>${refused.code}</Code><Message>refused</Message></Error>`);
    } else if (request.method === 'DELETE' && id !== null) {
      openUploads.delete(id);
      response.writeHead(204).end();
    } else {
      if (request.method === 'POST' && url.searchParams.has('uploads')) {
        const { end } = response;
        response.end = ((...parts: Parameters<typeof end>) => {
          const created = /<UploadId>([^<]+)</.exec(String(parts[0]))?.[1];
          if (created !== undefined) openUploads.add(created);
          return end.apply(response, parts);
        }) as typeof end;
      } else if (request.method === 'POST' && id !== null) openUploads.delete(id);
      answer(request, response);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    openUploads,
    failNext: (count) => {
      failing = count;
    },
    keys: async (bucket) =>
      (await readdir(join(directory, bucket), { recursive: true }))
        .filter((name) => name.endsWith('_object'))
        .map((name) => name.replace(/\._S3rver_object$/, ''))
        .sort(),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
