import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { thumbnailWidths } from '../../src/images/limits.ts';
import type { JobView } from '../../src/operations/job.ts';
import { credentials, type S3Server, startS3 } from '../platform/storage/s3-server.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { formOf, imageFile, problemOf, problemsAt } from './support.ts';

const photo = async (): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(
    await sharp({
      create: { width: 900, height: 600, channels: 3, background: '#808080', noise: { type: 'gaussian', sigma: 9 } },
    })
      .jpeg()
      .toBuffer(),
  );

interface Asset {
  readonly id: string;
  readonly url: string;
}
const upload = async (gateway: TestGateway): Promise<Asset> => {
  const response = await gateway.fetch('/v1/assets', {
    method: 'POST',
    body: formOf([['file', imageFile(await photo())]]),
  });
  return (await response.json()) as Asset;
};

/** What an answer with a file of ours has to carry, whatever the file and wherever it lies. */
const safe = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'content-disposition': 'inline',
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': expect.stringMatching(/^private, immutable, max-age=3[56]\d\d$/),
};

const fileSuite = (start: () => Promise<{ gateway: TestGateway; stop: () => Promise<unknown> }>): void => {
  let gateway: TestGateway;
  let stop: () => Promise<unknown>;
  beforeAll(async () => {
    ({ gateway, stop } = await start());
  });
  afterAll(() => stop());

  test('an asset and a result are served by us, safely, whole and in parts', async () => {
    const asset = await upload(gateway);
    const body = { image: asset.id, background: { color: 'red' } };
    const response = await gateway.post('/v1/background?provider=scripted', body);
    const job = await gateway.ended(((await response.json()) as JobView).id);
    const [output] = job.outputs;
    for (const [url, type] of [
      [asset.url, 'image/jpeg'],
      [output?.url ?? '', 'image/png'],
    ] as const) {
      expect(url).toMatch(new RegExp(`^${gateway.url}/files/(assets|results)/`));
      const whole = await fetch(url);
      expect(whole.status).toBe(200);
      expect(Object.fromEntries(whole.headers)).toMatchObject({ ...safe, 'content-type': type });
      const bytes = Buffer.from(await whole.arrayBuffer());
      const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
      expect(part.status).toBe(206);
      expect(Object.fromEntries(part.headers)).toMatchObject({
        ...safe,
        'content-range': `bytes 10-19/${bytes.byteLength}`,
      });
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
      const known = await fetch(url, { headers: { 'if-none-match': whole.headers.get('etag') ?? '' } });
      expect(known.status).toBe(304);
      expect((await sharp(bytes).metadata()).exif).toBeUndefined();
    }
  });

  test('a thumbnail comes in each width, as WebP, and is known again', async () => {
    const { url } = await upload(gateway);
    for (const width of thumbnailWidths) {
      const response = await fetch(`${url}&w=${width}`);
      expect(response.status).toBe(200);
      expect(Object.fromEntries(response.headers)).toMatchObject({ ...safe, 'content-type': 'image/webp' });
      const wide = Math.min(width, 900);
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: wide });
      expect(response.headers.get('content-length')).toBe(String(bytes.byteLength));
      const again = await fetch(`${url}&w=${width}`, {
        headers: { 'if-none-match': response.headers.get('etag') ?? '' },
      });
      expect(again.status).toBe(304);
    }
    const head = await fetch(`${url}&w=160`, { method: 'HEAD' });
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
  });

  test('many who ask for one thumbnail at once get the same bytes', async () => {
    const { url } = await upload(gateway);
    const bodies = await Promise.all(
      Array.from({ length: 20 }, async () => Buffer.from(await (await fetch(`${url}&w=320`)).arrayBuffer())),
    );
    expect(new Set(bodies.map((body) => body.toString('base64'))).size).toBe(1);
  });

  test.each([
    '',
    '0',
    '-160',
    '161',
    '1e2',
    '160.5',
    '0160',
    '1.6e2',
    '0xA0',
    '%20160',
    'wide',
    '99999999999999999999',
  ])('width "%s" is 400', async (width) => {
    const { url } = await upload(gateway);
    const problem = await problemOf(await fetch(`${url}&w=${width}`), 400, 'invalid_request');
    expect(problemsAt(problem)['?w']).toContain('160, 320, 640, 1280');
  });

  test('a thumbnail needs the link, and goes with its picture', async () => {
    const asset = await upload(gateway);
    expect((await fetch(`${asset.url}&w=160`)).status).toBe(200);
    const unsigned = new URL(asset.url);
    unsigned.search = '?w=160';
    await problemOf(await fetch(unsigned), 404, 'not_found');
    await gateway.fetch(`/v1/assets/${asset.id}`, { method: 'DELETE' });
    await sleep(10);
    for (const query of ['', '&w=160', '&w=640'])
      await problemOf(await fetch(`${asset.url}${query}`), 404, 'not_found');
  });
};

describe('files on disk', () => {
  fileSuite(async () => {
    const gateway = await startTestGateway();
    return { gateway, stop: () => gateway.stop() };
  });
});

const onS3 = async (more: (server: S3Server) => Record<string, string> = () => ({})) => {
  const server = await startS3(['pictures']);
  const environment = {
    S3_BUCKET: 'pictures',
    S3_ENDPOINT: server.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...more(server),
  };
  // The SDK takes its credentials from the environment alone.
  Object.assign(process.env, environment);
  const gateway = await startTestGateway({ environment });
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await server.close();
    for (const name of Object.keys(environment)) delete process.env[name];
  };
  return { gateway, stop, server };
};

describe('files in a bucket', () => {
  fileSuite(onS3);

  test('links lead to the bucket itself where it has a public address, and never to what was sent', async () => {
    const { gateway, stop, server } = await onS3((s3) => ({ S3_PUBLIC_URL: s3.url }));
    try {
      const { url } = await upload(gateway);
      expect(url.startsWith(`${server.url}/pictures/assets/`)).toBe(true);
      const response = await fetch(url);
      expect(response.headers.get('content-type')).toBe('image/jpeg');
      expect(response.headers.get('cache-control')).toMatch(/^private, immutable/);
      await response.body?.cancel();
    } finally {
      await stop();
    }
  });

  test('a bucket that is away is a 503 that says so, with when to come again', async () => {
    const { gateway, stop, server } = await onS3();
    try {
      expect(await upload(gateway)).toHaveProperty('url');
      await server.close();
      const body = formOf([['file', imageFile(await photo())]]);
      const response = await gateway.fetch('/v1/assets', { method: 'POST', body });
      expect(response.headers.get('retry-after')).toBe('5');
      expect((await problemOf(response, 503, 'overloaded')).detail).toContain('storage');
    } finally {
      await stop();
    }
  });

  test('every process signs with the same secret', async () => {
    const { gateway, stop } = await onS3();
    try {
      const other = await gateway.another({ DATA_DIR: `${gateway.dataDir}-other` });
      const { url } = await upload(gateway);
      const elsewhere = url.replace(gateway.url, other.url);
      expect((await fetch(elsewhere, { method: 'HEAD' })).status).toBe(200);
      await other.stop();
    } finally {
      await stop();
    }
  });
});
