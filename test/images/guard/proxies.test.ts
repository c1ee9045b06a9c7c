import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createS3Storage } from '../../../src/platform/storage/s3.ts';
import { credentials, region, startS3 } from '../../platform/storage/s3-server.ts';
import { startCanaries } from './canaries.ts';
import { picture, startFarm } from './farm.ts';
import type { Proxied } from './proxied.ts';

test('a proxy of the environment is never asked', async () => {
  const [farm, proxy, s3] = await Promise.all([startFarm(), startCanaries(), startS3(['callers'])]);
  const storage = await createS3Storage({ bucket: 'callers', region, credentials, endpoint: s3.url });
  const source = async function* () {
    yield picture;
  };
  await storage.put('photo.gif', source(), { contentType: 'image/gif', maxBytes: 10_000 });
  await storage.close();
  const names = ['http_proxy', 'https_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
  const environment = {
    PATH: process.env.PATH,
    NODE_USE_ENV_PROXY: '1',
    ...Object.fromEntries(names.map((name) => [name, `http://127.0.0.1:${proxy.port}`])),
    FARM_HOST: farm.host,
    FARM_IMAGE: farm.image,
    S3_URL: s3.url,
  };
  const child = async (way: string): Promise<unknown> => {
    const script = ['test/images/guard/proxied.ts', way];
    const { stdout } = await promisify(execFile)(process.execPath, script, { env: environment, timeout: 12_000 });
    return JSON.parse(stdout);
  };

  const before = await proxy.touched();
  const expected: Proxied = { image: 'done', secure: 'RestageError', post: 'done', s3: 'done' };
  expect(await child('ours')).toEqual(expected);
  expect(await proxy.touched()).toBe(before);
  expect(farm.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);

  // Node's own fetch does ask it, so that the environment is one in which it could be asked.
  expect(await child('plain')).toBe('TypeError');
  expect(await proxy.touched()).toBeGreaterThan(before);
  await Promise.all([proxy.close(), s3.close()]);
  farm.close();
});
