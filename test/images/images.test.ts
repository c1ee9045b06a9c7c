import { describe, expect, test } from 'vitest';
import type { GuardedFetch } from '../../src/images/guarded-fetch.ts';
import { createImages, readBytes } from '../../src/images/images.ts';
import type { S3Reader } from '../../src/images/s3-address.ts';
import { RestageError } from '../../src/operations/errors.ts';

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const guardedFetch: GuardedFetch = {
  check: (url) => {
    if (url.includes('private')) throw new RestageError('blocked_address', `refused ${url}`);
  },
  fetchImage: (url, { maxBytes }) => bytes(`fetched ${url} up to ${maxBytes}`),
  close: async () => {},
};
const s3Reader: S3Reader = {
  allows: (bucket) => bucket === 'callers',
  open: ({ bucket, key }, { maxBytes }) => bytes(`read ${bucket} ${key} up to ${maxBytes}`),
  close: () => {},
};
const images = createImages({ guardedFetch, s3Reader, limits: { maxBytes: 100 } });
const opened = async (source: string, from = images): Promise<string> =>
  Buffer.from(await readBytes(from.open(source), 1000)).toString();

describe('where the bytes of an image come from', () => {
  test.each([
    ['https://example.com/a.png', 'fetched https://example.com/a.png up to 100'],
    ['data:image/png;base64,aGVsbG8=', 'hello'],
    ['s3://callers/a/b.png', 'read callers a/b.png up to 100'],
    ['https://callers.s3.eu-central-1.amazonaws.com/a.png', 'read callers a.png up to 100'],
    // Of somebody else, so whatever the public may read of it.
    [
      'https://others.s3.eu-central-1.amazonaws.com/a.png',
      'fetched https://others.s3.eu-central-1.amazonaws.com/a.png up to 100',
    ],
  ])('%s', async (source, text) => expect(await opened(source)).toBe(text));

  test('a bucket that is not allowed is refused with the way out', async () => {
    const none = createImages({ guardedFetch, limits: { maxBytes: 100 } });
    for (const attempt of [opened('s3://others/a.png'), opened('s3://callers/a.png', none)]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'blocked_address',
        message: expect.stringContaining('Send an https:// URL or upload the image'),
      });
    }
  });

  test.each([
    's3://nonsense',
    's3://callers/../others/a.png',
    's3://callers/a/./b',
    's3://callers/..',
    'S3://callers/a',
  ])('%s is no address in S3, and the answer says how one is written', async (source) => {
    await expect(opened(source)).rejects.toMatchObject({
      code: 'blocked_address',
      message: expect.stringContaining('s3://bucket/key'),
    });
  });

  test('what its text alone refuses can be told before anything is read', () => {
    for (const source of ['https://private.test/', 's3://others/a.png', 's3://nonsense', 'file:///private']) {
      expect(() => images.check(source), source).toThrow(RestageError);
    }
    for (const source of [
      'https://example.com/a.png',
      's3://callers/a/b.png',
      'https://callers.s3.eu-central-1.amazonaws.com/private.png',
      'data:image/png;base64,private',
    ]) {
      expect(() => images.check(source), source).not.toThrow();
    }
  });

  test('a data: URI over the limit is too large', async () => {
    await expect(opened(`data:image/png;base64,${'A'.repeat(136)}`)).rejects.toMatchObject({ code: 'too_large' });
  });

  test('collecting in memory is capped', async () => {
    await expect(readBytes(bytes('12345'), 4)).rejects.toMatchObject({ code: 'too_large' });
    expect(await readBytes(bytes('1234'), 4)).toHaveLength(4);
    expect(await readBytes(bytes(''), 4)).toHaveLength(0);
  });
});
