import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RestageError } from '../../../src/operations/errors.ts';
import { type FileStorage, fileStorage } from '../../../src/platform/storage/files.ts';
import { createFileServer, type Thumbnail } from '../../../src/platform/storage/serve.ts';
import { bytesOf, chunksOf, storageSuite } from './suite.ts';

const png = { contentType: 'image/png', maxBytes: 1_000_000 };
const secret = new Uint8Array(32).fill(7);
const noThumbnail: Thumbnail = { widths: [], types: [], get: () => Promise.reject(new Error('not asked for')) };
const clean: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const step of clean.reverse()) await step();
});

const temporary = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'restage-files-'));
  clean.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

const filesBelow = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

type Handler = (request: Request) => Promise<Response>;

/** The handler behind a plain Node server, as the gateway would mount it. */
const listen = async (handler: () => Handler): Promise<{ server: Server; url: string }> => {
  const server = createServer(async (incoming, outgoing) => {
    const method = incoming.method ?? 'GET';
    const body =
      method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
    const request = new Request(`http://gateway${incoming.url}`, {
      method,
      headers: incoming.headers as Record<string, string>,
      body,
      ...({ duplex: 'half' } as object),
    });
    const response = await handler()(request).catch(
      (error: unknown) => new Response(null, { status: error instanceof RestageError ? 404 : 500 }),
    );
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body === null) outgoing.end();
    else Readable.fromWeb(response.body as never).pipe(outgoing);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  clean.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

describe('files', () => {
  storageSuite(
    async () => {
      const directory = await temporary();
      let handler: Handler = async () => new Response(null, { status: 500 });
      const { url } = await listen(() => handler);
      const storage = fileStorage({ directory, publicUrl: () => url, secret });
      handler = createFileServer({ storage, signer: storage.signer, thumbnail: noThumbnail, uploads: true });
      return { storage, everything: () => filesBelow(directory), close: () => storage.close() };
    },
    { signature: 'signature', expiry: 'expires' },
  );
});

describe('files on disk', () => {
  let directory: string;
  let storage: FileStorage;
  beforeAll(async () => {
    directory = await temporary();
    storage = fileStorage({ directory, publicUrl: () => 'http://x', secret });
    await storage.put('in/side.png', chunksOf(bytesOf(10)), png);
  });

  test('nothing outside the folder is reached through a symbolic link', async () => {
    const outside = await temporary();
    await writeFile(join(outside, 'secret.png'), 'secret');
    await symlink(outside, join(directory, 'linked'));
    await symlink(join(outside, 'secret.png'), join(directory, 'in', 'link.png'));
    expect(await storage.open('linked/secret.png')).toBeNull();
    expect(await storage.stat('in/link.png')).toBeNull();
    await expect(storage.put('linked/new.png', chunksOf(bytesOf(1)), png)).rejects.toThrow('symbolic link');
    await storage.delete('linked/secret.png');
    expect(await readdir(outside)).toEqual(['secret.png']);
  });

  test('a link as the folder itself is fine', async () => {
    const target = await temporary();
    const link = join(await temporary(), 'data');
    await symlink(target, link);
    const linked = fileStorage({ directory: link, publicUrl: () => 'http://x', secret });
    await linked.put('a/b.png', chunksOf(bytesOf(10)), png);
    expect((await linked.stat('a/b.png'))?.bytes).toBe(10);
  });

  test('a folder may be named from where the process runs', async () => {
    const absolute = join(await temporary(), 'new', 'data');
    const named = fileStorage({ directory: relative(process.cwd(), absolute), publicUrl: () => 'http://x', secret });
    await named.put('a/b.png', chunksOf(bytesOf(10)), png);
    expect(await filesBelow(absolute)).toEqual([join(absolute, 'a', 'b.png')]);
  });

  test('a folder in the place of a file is no object', async () => {
    await mkdir(join(directory, 'in', 'folder.png'));
    expect(await storage.open('in/folder.png')).toBeNull();
    expect(await storage.stat('in/side.png')).not.toBeNull();
  });

  test('what a killed process left is invisible, and swept after a day', async () => {
    const shared = await temporary();
    const script = `
      import { fileStorage } from ${JSON.stringify(join(import.meta.dirname, '../../../src/platform/storage/files.ts'))};
      async function* endless() { for (;;) { yield new Uint8Array(65536); await new Promise((resolve) => setTimeout(resolve, 5)); } }
      const storage = fileStorage({ directory: process.argv[1], publicUrl: () => 'http://x', secret: new Uint8Array(32) });
      setTimeout(() => console.log('writing'), 300);
      await storage.put('k/killed.png', endless(), { contentType: 'image/png', maxBytes: 1e12 });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, shared], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const left = await filesBelow(shared);
    expect(left).toHaveLength(1);
    const after = fileStorage({ directory: shared, publicUrl: () => 'http://x', secret });
    expect(await after.open('k/killed.png')).toBeNull();
    expect(await filesBelow(shared)).toEqual(left);
    await utimes(left[0] as string, new Date(0), new Date(0));
    expect(
      await fileStorage({ directory: shared, publicUrl: () => 'http://x', secret }).open('k/killed.png'),
    ).toBeNull();
    expect(await filesBelow(shared)).toEqual([]);
  });

  test('it is unhealthy when nothing can be written', async () => {
    const file = join(await temporary(), 'file');
    await writeFile(file, '');
    await expect(fileStorage({ directory: file, publicUrl: () => 'http://x', secret }).healthy()).rejects.toThrow();
  });
});

describe('GET /files', () => {
  let now = Date.UTC(2026, 0, 1);
  let directory: string;
  let storage: FileStorage;
  let serve: Handler;
  const link = async (key: string, expiresInS = 900): Promise<string> =>
    (await storage.signedUrl(key, { contentType: 'image/png', expiresInS })).url;
  const get = async (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    serve(new Request(url, { method, headers }));

  beforeAll(async () => {
    directory = await temporary();
    storage = fileStorage({ directory, publicUrl: () => 'https://gateway.example/', secret, now: () => now });
    serve = createFileServer({ storage, signer: storage.signer, thumbnail: noThumbnail, uploads: true });
    await storage.put('p/one.png', chunksOf(bytesOf(1000)), png);
    await storage.put('p/two.png', chunksOf(bytesOf(1000)), png);
    await storage.put('p/note.txt', chunksOf(bytesOf(1000)), { contentType: 'text/plain', maxBytes: 1000 });
  });

  test('carries what keeps a browser from running or sniffing it', async () => {
    const url = await link('p/one.png');
    expect(url).toMatch(/^https:\/\/gateway\.example\/files\/p\/one\.png\?expires=\d+&signature=[\w-]{43}$/);
    for (const response of [await get(url), await get(url, {}, 'HEAD'), await get(url, { range: 'bytes=0-1' })]) {
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'image/png',
        'content-disposition': 'inline',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
        'cross-origin-resource-policy': 'cross-origin',
        'cache-control': 'private, immutable, max-age=900',
        'accept-ranges': 'bytes',
      });
      await response.body?.cancel();
    }
    const note = await get(await link('p/note.txt'), {}, 'HEAD');
    expect(note.headers.get('content-disposition')).toBe('attachment');
  });

  test('HEAD has the length and no body', async () => {
    const response = await get(await link('p/one.png'), {}, 'HEAD');
    expect(response.headers.get('content-length')).toBe('1000');
    expect(response.body).toBeNull();
  });

  test('a known tag is answered with 304', async () => {
    const url = await link('p/one.png');
    const etag = (await get(url, {}, 'HEAD')).headers.get('etag') as string;
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await get(url, { 'if-none-match': header });
      expect(response.status).toBe(304);
      expect(response.headers.get('etag')).toBe(etag);
    }
    const other = await get(url, { 'if-none-match': '"other"' });
    expect(other.status).toBe(200);
    await other.body?.cancel();
  });

  test.each([
    ['bytes=0-0', 206, 'bytes 0-0/1000', 1],
    ['bytes=990-', 206, 'bytes 990-999/1000', 10],
    ['bytes=-5', 206, 'bytes 995-999/1000', 5],
    ['bytes=-5000', 206, 'bytes 0-999/1000', 1000],
    ['bytes=500-99999', 206, 'bytes 500-999/1000', 500],
    ['bytes=1000-', 416, 'bytes */1000', 0],
    ['bytes=-0', 416, 'bytes */1000', 0],
    ['bytes=5-4', 200, null, 1000],
    ['bytes=0-1,5-6', 200, null, 1000],
    ['bytes=-', 200, null, 1000],
    ['lines=1-2', 200, null, 1000],
    ['bytes=999999999999999999999-', 200, null, 1000],
  ])('range %s', async (range, status, contentRange, length) => {
    const response = await get(await link('p/one.png'), { range });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-range')).toBe(contentRange);
    expect((await response.arrayBuffer()).byteLength).toBe(length);
  });

  test('If-Range gives the whole when the picture is another one by now', async () => {
    const url = await link('p/one.png');
    const etag = (await get(url, {}, 'HEAD')).headers.get('etag') as string;
    const same = await get(url, { range: 'bytes=0-1', 'if-range': etag });
    const other = await get(url, { range: 'bytes=0-1', 'if-range': '"other"' });
    expect([same.status, other.status]).toEqual([206, 200]);
    await same.body?.cancel();
    await other.body?.cancel();
  });

  test('a link ends with its time', async () => {
    const url = await link('p/one.png', 60);
    now += 59_000;
    const response = await get(url);
    expect(response.headers.get('cache-control')).toContain('max-age=1');
    await response.body?.cancel();
    now += 1000;
    await expect(get(url)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('an unknown key, a foreign signature and an ended link are told apart by nobody', async () => {
    const url = await link('p/one.png', 60);
    const failures = await Promise.all(
      [
        await link('p/none.png'),
        url.replace('one', 'two'),
        url.replace('https://gateway.example/files/', 'https://gateway.example/other/'),
        url.replace(/expires=\d+/, 'expires=1'),
        url.replace(/expires=/, 'expires=0'),
        url.replace('signature=', 'signature=A'),
        'https://gateway.example/files/p/one.png',
        'https://gateway.example/files/',
      ].map((each) => get(each).catch((error: unknown) => error)),
    );
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(RestageError);
      expect(failure).toMatchObject({ code: 'not_found', message: 'This file does not exist.' });
    }
  });

  test('every single changed character of a signature is noticed', async () => {
    const url = await link('p/one.png');
    const start = url.indexOf('signature=') + 'signature='.length;
    for (let at = start; at < url.length; at += 1) {
      const altered = `${url.slice(0, at)}${url[at] === 'B' ? 'C' : 'B'}${url.slice(at + 1)}`;
      await expect(get(altered)).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  test('other methods are refused', async () => {
    const url = await link('p/one.png');
    for (const method of ['POST', 'DELETE', 'PATCH']) {
      await expect(get(url, {}, method)).rejects.toMatchObject({ code: 'method_not_allowed' });
    }
  });

  test('no spelling of a path leads out of the folder', async () => {
    await writeFile(join(directory, '..', 'outside.png'), 'outside');
    clean.push(() => rm(join(directory, '..', 'outside.png')));
    const ups = [
      '..',
      '%2e%2e',
      '%2E.',
      '.%2e',
      '..%00',
      '%252e%252e',
      '..;',
      '....',
      '．．',
      '%c0%ae%c0%ae',
      '..\\',
      '%uff0e%uff0e',
    ];
    const slashes = ['/', '%2f', '%2F', '\\', '%5c', '%252f', '//', '／', '%c0%af'];
    const tails = [
      'outside.png',
      'etc/passwd',
      '.unfinished/x.png',
      'outside.png%00.png',
      'etc/passwd%00.png',
      'proc/self/environ',
      'postgres-18/PG_VERSION',
      '.env',
      'p/one.png',
      'outside.PNG',
    ];
    const payloads = ups.flatMap((up) =>
      slashes.flatMap((slash) => tails.map((tail) => `${up}${slash}${up}${slash}${tail}`)),
    );
    payloads.push(
      ...[
        'p/one.png%00',
        'p%2fone.png',
        'P/ONE.PNG',
        'p/./one.png/',
        'p//one.png',
        '/p/one.png',
        'p/one.png/',
        '%70/one.png',
      ],
    );
    payloads.push(
      'a'.repeat(100_000),
      `${'a/'.repeat(1000)}x.png`,
      `${'a'.repeat(300)}.png`,
      'p/one.png\n',
      ' p/one.png',
    );
    expect(payloads.length).toBeGreaterThan(1000);
    const query = new URL(await link('p/one.png')).search;
    const { url } = await listen(() => serve);
    for (const payload of payloads) {
      expect(await storage.open(payload), payload).toBeNull();
      const failure = await get(`https://gateway.example/files/${payload}${query}`).catch((error: unknown) => error);
      if (failure instanceof Response) expect(failure.status, payload).toBe(200);
      else expect(failure, payload).toMatchObject({ code: 'not_found' });
      // A URL parser may turn dots into the signed key itself, but into nothing else.
      if (failure instanceof Response)
        expect(Buffer.from(await failure.arrayBuffer()).equals(bytesOf(1000))).toBe(true);
    }
    // The path exactly as spelled, without a client that cleans it.
    for (const payload of payloads.filter((each) => /^[\x21-\x7e]{1,4000}$/.test(each))) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.end(`GET /files/${payload}${query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      const answer = Buffer.concat(await Array.fromAsync(socket)).toString('latin1');
      expect(answer.split('\r\n')[0], payload).toMatch(/ (?:404|400) /);
    }
  });

  test('an upload that ends early or goes on is not kept', async () => {
    const sent = (bytes: Uint8Array, url: string, length: string | null): Promise<unknown> =>
      serve(
        new Request(url, {
          method: 'PUT',
          headers: { 'content-type': 'image/png', ...(length !== null && { 'content-length': length }) },
          body: ReadableStream.from(chunksOf(bytes, 10)) as ReadableStream<Uint8Array>,
          ...({ duplex: 'half' } as object),
        }),
      ).catch((error: unknown) => error);
    const upload = await storage.signedUpload('u/short.png', { contentType: 'image/png', bytes: 100, expiresInS: 60 });
    expect(await sent(bytesOf(99), upload.url, '100')).toMatchObject({
      code: 'invalid_request',
      message: 'The upload ended after 99 of 100 bytes. Send it again.',
    });
    expect(await sent(bytesOf(101), upload.url, '100')).toMatchObject({ code: 'too_large' });
    expect(await sent(bytesOf(100), upload.url, null)).toMatchObject({ code: 'not_found' });
    expect(await sent(bytesOf(100), upload.url, '100.0')).toMatchObject({ code: 'not_found' });
    expect(await storage.stat('u/short.png')).toBeNull();
    expect(await sent(bytesOf(100), upload.url, '100')).toBeInstanceOf(Response);
    expect((await readFile(join(directory, 'u', 'short.png'))).equals(bytesOf(100))).toBe(true);
  });
});
