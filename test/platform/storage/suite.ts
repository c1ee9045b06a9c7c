import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedObject, Storage } from '../../../src/platform/storage/storage.ts';

export interface StorageUnderTest {
  readonly storage: Storage;
  /** Names of all that lies in the store, finished or not, by whatever way bypasses the storage. */
  readonly everything: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

export const bytesOf = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17 + (index >> 8)) & 0xff);

export async function* chunksOf(bytes: Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

/** A stream that is never in memory as a whole. */
async function* generated(chunks: number, chunk: Uint8Array, onChunk?: () => void): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < chunks; index += 1) {
    onChunk?.();
    yield Uint8Array.from(chunk);
  }
}

export const read = async (stream: ReadableStream<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const streamOf = (opened: OpenedObject | null): ReadableStream<Uint8Array> => {
  if (opened === null) throw new Error('There is no such object');
  return opened.stream;
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const png = { contentType: 'image/png', maxBytes: 100 * 1024 * 1024 };

const changed = (url: string, name: string, change: (value: string) => string): string => {
  const altered = new URL(url);
  altered.searchParams.set(name, change(altered.searchParams.get(name) ?? ''));
  return altered.href;
};

const flip = (text: string): string => (text[0] === 'a' ? 'b' : 'a') + text.slice(1);

/** What every storage does. `names` are the query parameters that carry signature and expiry. */
export const storageSuite = (
  make: () => Promise<StorageUnderTest>,
  names: { signature: string; expiry: string },
): void => {
  let under: StorageUnderTest;
  let storage: Storage;
  beforeAll(async () => {
    under = await make();
    storage = under.storage;
  });
  afterAll(() => under.close());

  describe('put and open', () => {
    test('what was put comes back, with its length, type and hash', async () => {
      const bytes = bytesOf(300_000);
      expect(await storage.put('a/one.png', chunksOf(bytes), png)).toEqual({ bytes: 300_000, sha256: sha256(bytes) });
      const opened = await storage.open('a/one.png');
      expect(opened).toMatchObject({ bytes: 300_000, contentType: 'image/png' });
      expect(opened?.etag).toMatch(/^".+"$/);
      expect((await read(streamOf(opened))).equals(bytes)).toBe(true);
    });

    test('stat tells the same without a stream', async () => {
      await storage.put('a/stat.png', chunksOf(bytesOf(10)), png);
      const opened = await storage.open('a/stat.png');
      await opened?.stream.cancel();
      expect(await storage.stat('a/stat.png')).toEqual({
        bytes: 10,
        contentType: 'image/png',
        etag: opened?.etag,
      });
    });

    test('an empty object is one too', async () => {
      expect(await storage.put('a/empty.png', chunksOf(bytesOf(0)), png)).toEqual({
        bytes: 0,
        sha256: sha256(bytesOf(0)),
      });
      const opened = await storage.open('a/empty.png');
      expect(opened?.bytes).toBe(0);
      expect((await read(streamOf(opened))).byteLength).toBe(0);
    });

    test('putting again replaces the whole, and changes the tag', async () => {
      await storage.put('a/again.png', chunksOf(bytesOf(5000, 1)), png);
      const before = await storage.stat('a/again.png');
      await storage.put('a/again.png', chunksOf(bytesOf(5000, 2)), png);
      const opened = await storage.open('a/again.png');
      expect((await read(streamOf(opened))).equals(bytesOf(5000, 2))).toBe(true);
      expect(opened?.etag).not.toBe(before?.etag);
    });

    test('concurrent puts of one key leave one of them whole', async () => {
      const candidates = [1, 2, 3, 4, 5].map((seed) => bytesOf(200_000, seed));
      await Promise.all(candidates.map((bytes) => storage.put('a/race.png', chunksOf(bytes), png)));
      const opened = await storage.open('a/race.png');
      const stored = await read(streamOf(opened));
      expect(candidates.some((bytes) => stored.equals(bytes))).toBe(true);
    });

    test.each([
      [0, 1],
      [10, 19],
      [0, 999],
      [999, 999],
      [500, 1_000_000],
    ])('range %i-%i', async (start, end) => {
      const bytes = bytesOf(1000);
      await storage.put('a/range.png', chunksOf(bytes), png);
      const opened = await storage.open('a/range.png', { start, end });
      expect(opened?.bytes).toBe(1000);
      const part = await read(streamOf(opened));
      expect(part.equals(bytes.subarray(start, Math.min(end + 1, 1000)))).toBe(true);
    });

    test.each([
      [1000, 1001],
      [5, 4],
      [-1, 3],
    ])('range %i-%i is none', async (start, end) => {
      await storage.put('a/range.png', chunksOf(bytesOf(1000)), png);
      await expect(storage.open('a/range.png', { start, end })).rejects.toThrow(RangeError);
    });

    test('what is not there is null, and deleting it is nothing', async () => {
      expect(await storage.open('a/missing.png')).toBeNull();
      expect(await storage.open('no/such/folder/missing.png')).toBeNull();
      expect(await storage.stat('a/missing.png')).toBeNull();
      await storage.delete('a/missing.png');
      await storage.delete('no/such/folder/missing.png');
    });

    test('deleted is gone', async () => {
      await storage.put('a/gone.png', chunksOf(bytesOf(10)), png);
      await storage.delete('a/gone.png');
      expect(await storage.open('a/gone.png')).toBeNull();
    });

    test('a stream may be left half read', async () => {
      await storage.put('a/half.png', chunksOf(bytesOf(2_000_000)), png);
      const opened = await storage.open('a/half.png');
      const reader = streamOf(opened).getReader();
      await reader.read();
      await reader.cancel();
    });

    test('a key that the gateway would not make is a bug', async () => {
      await expect(storage.put('../x.png', chunksOf(bytesOf(1)), png)).rejects.toThrow(TypeError);
      await expect(storage.put('a/b.jpg', chunksOf(bytesOf(1)), png)).rejects.toThrow('image/jpeg');
      await expect(storage.delete('/etc/passwd')).rejects.toThrow(TypeError);
      await expect(storage.signedUrl('a//b.png', { contentType: 'image/png', expiresInS: 60 })).rejects.toThrow(
        TypeError,
      );
      expect(await storage.open('../x.png')).toBeNull();
    });

    test('it is healthy', async () => {
      await storage.healthy();
    });
  });

  describe('nothing is left behind', () => {
    const leavesNothing = async (key: string, put: () => Promise<unknown>): Promise<void> => {
      const before = await under.everything();
      await put();
      expect(await storage.open(key)).toBeNull();
      expect(await under.everything()).toEqual(before);
    };

    test.each([
      ['small', 1_000_000],
      ['large', 12_000_000],
    ])('when the cap is passed: %s', async (name, maxBytes) => {
      let yielded = 0;
      const chunk = bytesOf(100_000);
      await leavesNothing(`b/${name}.png`, () =>
        expect(
          storage.put(
            `b/${name}.png`,
            generated(1000, chunk, () => {
              yielded += 1;
            }),
            { contentType: 'image/png', maxBytes },
          ),
        ).rejects.toMatchObject({ code: 'too_large', message: expect.stringContaining(String(maxBytes)) }),
      );
      // As soon as it is passed, but for what is on its way.
      expect(yielded).toBeLessThanOrEqual(maxBytes / 100_000 + 60);
    });

    test('exactly the cap is fine', async () => {
      await storage.put('b/exact.png', chunksOf(bytesOf(1000)), { contentType: 'image/png', maxBytes: 1000 });
      expect((await storage.stat('b/exact.png'))?.bytes).toBe(1000);
    });

    test('when the source fails', async () => {
      async function* failing(): AsyncGenerator<Uint8Array> {
        for (let index = 0; index < 80; index += 1) yield bytesOf(100_000);
        throw new Error('the sender went away');
      }
      await leavesNothing('b/fails.png', () =>
        expect(storage.put('b/fails.png', failing(), png)).rejects.toThrow('the sender went away'),
      );
    });

    test('when it is aborted, even if the source hangs', async () => {
      let stopped = false;
      async function* hanging(): AsyncGenerator<Uint8Array> {
        try {
          for (let index = 0; index < 80; index += 1) yield bytesOf(100_000);
          await sleep(200);
          yield bytesOf(1);
          await new Promise(() => {});
        } finally {
          stopped = true;
        }
      }
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('enough')), 50);
      await leavesNothing('b/aborted.png', () =>
        expect(storage.put('b/aborted.png', hanging(), { ...png, signal: controller.signal })).rejects.toThrow(
          'enough',
        ),
      );
      await sleep(250);
      expect(stopped).toBe(true);
    });

    test('when it was aborted before', async () => {
      await leavesNothing('b/before.png', () =>
        expect(
          storage.put('b/before.png', chunksOf(bytesOf(10)), { ...png, signal: AbortSignal.abort(new Error('no')) }),
        ).rejects.toThrow('no'),
      );
    });

    test('and what was there before stays', async () => {
      await storage.put('b/stays.png', chunksOf(bytesOf(100)), png);
      await expect(
        storage.put('b/stays.png', generated(200, bytesOf(100_000)), { contentType: 'image/png', maxBytes: 8_000_000 }),
      ).rejects.toMatchObject({ code: 'too_large' });
      const opened = await storage.open('b/stays.png');
      expect((await read(streamOf(opened))).equals(bytesOf(100))).toBe(true);
    });
  });

  test('40 MB stream through flat memory', async () => {
    const chunk = bytesOf(64 * 1024);
    const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});
    collect();
    const before = process.memoryUsage();
    let peak = 0;
    const measure = (): void => {
      const { arrayBuffers, heapUsed } = process.memoryUsage();
      peak = Math.max(peak, arrayBuffers + heapUsed - before.arrayBuffers - before.heapUsed);
    };
    const started = performance.now();
    const stored = await storage.put('c/large.png', generated(640, chunk, measure), png);
    const seconds = (performance.now() - started) / 1000;
    expect(stored.bytes).toBe(640 * 64 * 1024);
    console.log(
      `40 MB put: ${(40 / seconds).toFixed(0)} MB/s, peak ${(peak / 2 ** 20).toFixed(0)} MiB of JavaScript memory`,
    );
    expect(peak).toBeLessThan(64 * 2 ** 20);
    const opened = await storage.open('c/large.png');
    const hash = createHash('sha256');
    for await (const part of streamOf(opened)) hash.update(part);
    expect(hash.digest('hex')).toBe(stored.sha256);
  });

  describe('links', () => {
    const contentType = 'image/png';
    const put = async (key: string): Promise<Uint8Array> => {
      const bytes = bytesOf(1000);
      await storage.put(key, chunksOf(bytes), png);
      return bytes;
    };

    test('a link gives the picture, its type, and ranges of it', async () => {
      const bytes = await put('d/link.png');
      const { url, expiresAt } = await storage.signedUrl('d/link.png', { contentType, expiresInS: 60 });
      expect(Math.abs(expiresAt.getTime() - Date.now() - 60_000)).toBeLessThan(2000);
      const response = await fetch(url);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('image/png');
      expect(response.headers.get('content-disposition')).toBe('inline');
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
      const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe('bytes 10-19/1000');
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
    });

    test('no link lives longer than an hour', async () => {
      const { expiresAt } = await storage.signedUrl('d/link.png', { contentType, expiresInS: 1_000_000 });
      expect(expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 3_600_000);
    });

    test('a changed link gives nothing', async () => {
      await put('d/mine.png');
      await put('d/other.png');
      const { url } = await storage.signedUrl('d/mine.png', { contentType, expiresInS: 60 });
      const altered = [
        url.replace('d/mine.png', 'd/other.png'),
        changed(url, names.signature, flip),
        changed(url, names.signature, () => ''),
        changed(url, names.signature, (value) => value.slice(0, -1)),
        changed(url, names.expiry, (value) => String(Number(value) + 100)),
        changed(url, names.expiry, () => ''),
        url.slice(0, url.indexOf('?')),
      ];
      for (const each of altered) expect((await fetch(each)).ok, each).toBe(false);
      expect((await fetch(url, { method: 'DELETE' })).ok).toBe(false);
      expect((await fetch(url, { method: 'PUT', body: 'x' })).ok).toBe(false);
      expect((await fetch(url)).ok).toBe(true);
    });

    test('a link ends', async () => {
      await put('d/ends.png');
      const { url } = await storage.signedUrl('d/ends.png', { contentType, expiresInS: 1 });
      expect((await fetch(url)).status).toBe(200);
      await sleep(2100);
      expect((await fetch(url)).ok).toBe(false);
    });

    test('a direct upload lands under its key', async () => {
      const bytes = bytesOf(5000);
      const upload = await storage.signedUpload('e/direct.png', { contentType, bytes: 5000, expiresInS: 60 });
      expect(upload.headers).toEqual({ 'content-type': 'image/png' });
      const response = await fetch(upload.url, {
        method: upload.method,
        headers: upload.headers,
        body: Buffer.from(bytes),
      });
      expect(response.status).toBe(200);
      const opened = await storage.open('e/direct.png');
      expect((await read(streamOf(opened))).equals(bytes)).toBe(true);
    });

    test('a direct upload takes no other key, method, type or length', async () => {
      const upload = await storage.signedUpload('e/bound.png', { contentType, bytes: 5000, expiresInS: 60 });
      const send = (
        url: string,
        init: { method?: string; headers?: Record<string, string>; body?: Buffer },
      ): Promise<boolean> =>
        fetch(url, { method: 'PUT', headers: { ...upload.headers }, body: Buffer.from(bytesOf(5000)), ...init }).then(
          (response) => response.ok,
        );
      expect(await send(upload.url.replace('e/bound.png', 'e/unbound.png'), {})).toBe(false);
      expect(await send(upload.url, { method: 'POST' })).toBe(false);
      expect(await send(upload.url, { headers: { 'content-type': 'image/jpeg' } })).toBe(false);
      expect(await send(upload.url, { headers: { 'content-type': 'text/html' } })).toBe(false);
      expect(await send(upload.url, { headers: {} })).toBe(false);
      expect(await send(upload.url, { body: Buffer.from(bytesOf(4999)) })).toBe(false);
      expect(await send(upload.url, { body: Buffer.from(bytesOf(5001)) })).toBe(false);
      expect(await send(changed(upload.url, names.signature, flip), {})).toBe(false);
      expect((await fetch(upload.url)).ok).toBe(false);
      expect(await storage.open('e/bound.png')).toBeNull();
      expect(await storage.open('e/unbound.png')).toBeNull();
      expect(await send(upload.url, {})).toBe(true);
    });
  });
};
