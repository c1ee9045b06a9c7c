import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createS3Storage } from '../../../src/platform/storage/s3.ts';
import { isStorageUnavailable } from '../../../src/platform/storage/unavailable.ts';
import { credentials, region, startS3 } from './s3-server.ts';
import { bytesOf, chunksOf } from './suite.ts';

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  );

test('a full disk is told from a bug', async () => {
  const full = await failureOf(writeFile('/dev/full', 'x'));
  expect(full).toMatchObject({ code: 'ENOSPC' });
  expect(isStorageUnavailable(full)).toBe(true);
  expect(isStorageUnavailable(new Error('a step failed', { cause: full }))).toBe(true);
  const missing = await failureOf(writeFile('/no/such/folder', 'x'));
  for (const other of [missing, new TypeError('bug'), 'text', null]) expect(isStorageUnavailable(other)).toBe(false);
});

test('a bucket that is away, denied or missing is told from a bug', async () => {
  const server = await startS3(['pictures']);
  const options = { bucket: 'pictures', region, credentials, endpoint: server.url };
  const put = async (bucket: string): Promise<unknown> => {
    const storage = await createS3Storage({ ...options, bucket });
    const png = { contentType: 'image/png', maxBytes: 1000 };
    return failureOf(storage.put('a/b.png', chunksOf(bytesOf(100)), png)).finally(() => storage.close());
  };
  expect(isStorageUnavailable(await put('elsewhere'))).toBe(false);
  await server.close();
  const away = await put('pictures');
  expect(away).toBeInstanceOf(Error);
  expect(isStorageUnavailable(away)).toBe(true);
});
