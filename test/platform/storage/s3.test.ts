import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseS3Address } from '../../../src/images/s3-address.ts';
import { createS3Storage } from '../../../src/platform/storage/s3.ts';
import { createS3Reader } from '../../../src/platform/storage/s3-reader.ts';
import type { Storage } from '../../../src/platform/storage/storage.ts';
import { credentials, region, type S3Server, startS3 } from './s3-server.ts';
import { bytesOf, chunksOf, storageSuite } from './suite.ts';

const bucket = 'pictures';
const png = { contentType: 'image/png', maxBytes: 100_000_000 };

describe('S3', () => {
  storageSuite(
    async () => {
      const server = await startS3([bucket]);
      const storage = await createS3Storage({
        bucket,
        region,
        credentials,
        endpoint: server.url,
        prefix: '/team/restage/',
      });
      return {
        storage,
        everything: async () => [...(await server.keys(bucket)), ...server.openUploads],
        close: async () => {
          await storage.close();
          await server.close();
        },
      };
    },
    { signature: 'X-Amz-Signature', expiry: 'X-Amz-Expires' },
  );
});

describe('S3 alone', () => {
  let server: S3Server;
  let storage: Storage;
  beforeAll(async () => {
    server = await startS3([bucket, 'callers', 'foreign']);
    storage = await createS3Storage({ bucket, region, credentials, endpoint: server.url, prefix: 'in' });
  });
  afterAll(async () => {
    await storage.close();
    await server.close();
  });

  test('a small object is one request, a large one a multipart upload', async () => {
    server.requests.length = 0;
    await storage.put('a/small.png', chunksOf(bytesOf(1000)), png);
    expect(server.requests).toEqual([expect.stringMatching(/^PUT \/pictures\/in\/a\/small\.png/)]);
    server.requests.length = 0;
    await storage.put('a/large.png', chunksOf(bytesOf(11_000_000)), png);
    const calls = server.requests.map((request) => request.replace(/\?.*(uploads|partNumber).*|\?.*/, ' $1'));
    expect(calls.filter((call) => call.endsWith('partNumber'))).toHaveLength(3);
    expect(server.openUploads.size).toBe(0);
  });

  test('a busy server is asked again', async () => {
    server.failNext(1);
    await storage.put('a/busy.png', chunksOf(bytesOf(1000)), png);
    server.failNext(1);
    expect((await storage.stat('a/busy.png'))?.bytes).toBe(1000);
  });

  test('people with access to the bucket are told where it lies', () => {
    expect(storage.s3Uri('a/b.png')).toBe('s3://pictures/in/a/b.png');
  });

  test('links name the public address, and are signed for it', async () => {
    const publicUrl = server.url.replace('127.0.0.1', 'localhost');
    const behind = await createS3Storage({ bucket, region, credentials, endpoint: server.url, publicUrl });
    await behind.put('a/public.png', chunksOf(bytesOf(100)), png);
    const { url } = await behind.signedUrl('a/public.png', { contentType: 'image/png', expiresInS: 60 });
    expect(url.startsWith(`${publicUrl}/pictures/a/public.png?`)).toBe(true);
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url.replace('localhost', '127.0.0.1'))).status).toBe(403);
    const upload = await behind.signedUpload('a/up.png', { contentType: 'image/png', bytes: 3, expiresInS: 60 });
    const sent = await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: 'abc' });
    expect(sent.status).toBe(200);
    await behind.close();
  });

  test('without an endpoint, links are those of AWS', async () => {
    const aws = await createS3Storage({ bucket, region: 'eu-central-1', credentials });
    const { url } = await aws.signedUrl('a/b.png', { contentType: 'image/png', expiresInS: 60 });
    expect(url).toMatch(/^https:\/\/pictures\.s3\.eu-central-1\.amazonaws\.com\/a\/b\.png\?/);
    await aws.close();
  });

  test('it is unhealthy without its bucket', async () => {
    const none = await createS3Storage({ bucket: 'none', region, credentials, endpoint: server.url });
    await expect(none.healthy()).rejects.toThrow();
    await none.close();
    await storage.healthy();
  });
});

describe("callers' buckets", () => {
  let server: S3Server;
  let put: (name: string, key: string, bytes: Uint8Array) => Promise<void>;
  beforeAll(async () => {
    server = await startS3(['callers', 'foreign']);
    put = async (name, key, bytes) => {
      const storage = await createS3Storage({ bucket: name, region, credentials, endpoint: server.url });
      await storage.put(key, chunksOf(bytes), png);
      await storage.close();
    };
    await put('callers', 'in/photo.png', bytesOf(300_000));
    await put('foreign', 'in/photo.png', bytesOf(10));
  });
  afterAll(() => server.close());

  const reading = async (name: string, key: string, maxBytes = 1_000_000, signal?: AbortSignal): Promise<Buffer> => {
    const reader = await createS3Reader({ buckets: ['callers'], region, credentials, endpoint: server.url });
    try {
      const options = { maxBytes, ...(signal !== undefined && { signal }) };
      return Buffer.concat(await Array.fromAsync(reader.open({ bucket: name, key }, options)));
    } finally {
      reader.close();
    }
  };

  test('an allowed one is read', async () => {
    expect((await reading('callers', 'in/photo.png')).equals(bytesOf(300_000))).toBe(true);
  });

  test('another one is refused without asking it', async () => {
    server.requests.length = 0;
    await expect(reading('foreign', 'in/photo.png')).rejects.toMatchObject({
      code: 'blocked_address',
      message: expect.stringContaining('upload the image'),
    });
    expect(server.requests).toEqual([]);
  });

  test('what is not there, too large or aborted is said so', async () => {
    await expect(reading('callers', 'in/none.png')).rejects.toMatchObject({ code: 'unreachable_image' });
    await expect(reading('callers', 'in/photo.png', 299_999)).rejects.toMatchObject({ code: 'too_large' });
    const signal = AbortSignal.abort(new Error('no more'));
    await expect(reading('callers', 'in/photo.png', 1_000_000, signal)).rejects.toThrow('no more');
  });

  test.each([
    ['s3://bucket/a/b.png', 'bucket', 'a/b.png'],
    ['s3://my.bucket-1/ä ö%20?#.png', 'my.bucket-1', 'ä ö%20?#.png'],
    ['https://bucket.s3.amazonaws.com/a/b%20c.png', 'bucket', 'a/b c.png'],
    ['https://bucket.s3.eu-central-1.amazonaws.com/a.png', 'bucket', 'a.png'],
    ['https://my.bucket.s3.eu-central-1.amazonaws.com/a.png', 'my.bucket', 'a.png'],
    ['https://bucket.s3-us-west-2.amazonaws.com/a.png', 'bucket', 'a.png'],
    ['https://bucket.s3.dualstack.us-east-1.amazonaws.com/a.png', 'bucket', 'a.png'],
    ['https://bucket.s3.us-gov-west-1.amazonaws.com/a.png', 'bucket', 'a.png'],
    ['https://bucket.s3.cn-north-1.amazonaws.com.cn/a.png', 'bucket', 'a.png'],
    ['https://s3.eu-central-1.amazonaws.com/bucket/a/b.png', 'bucket', 'a/b.png'],
  ])('%s is an address in S3', (source, name, key) => {
    expect(parseS3Address(source)).toEqual({ bucket: name, key });
  });

  test.each([
    's3://bucket',
    's3://bucket/',
    's3:///key',
    's3://UPPER/key',
    's3://a/key',
    's3://bucket@evil/key',
    `s3://bucket/${'x'.repeat(1025)}`,
    'http://bucket.s3.amazonaws.com/a.png',
    'https://bucket.s3.amazonaws.com.evil.example/a.png',
    'https://bucket.s3.amazonaws.com:8443/a.png',
    'https://user:secret@bucket.s3.amazonaws.com/a.png',
    'https://bucket.s3.amazonaws.com/a.png?X-Amz-Signature=x',
    'https://bucket.s3.amazonaws.com/%ff',
    'https://s3.amazonaws.com/bucket',
    'https://evils3.amazonaws.com/bucket/key',
    'https://ec2.eu-central-1.amazonaws.com/bucket/key',
    'https://example.com/s3.amazonaws.com/key',
    '',
  ])('%s is none', (source) => {
    expect(parseS3Address(source)).toBeNull();
  });
});
