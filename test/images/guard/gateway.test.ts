import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JobView } from '../../../src/operations/job.ts';
import { backgroundBody } from '../../http/support.ts';
import { credentials, type S3Server, startS3 } from '../../platform/storage/s3-server.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { type Canaries, startCanaries } from './canaries.ts';
import { type Farm, startFarm } from './farm.ts';
import { eachOf } from './fetching.ts';
import { addressForms, type Form } from './forms.ts';

/** A whole gateway, as it is set up by `ALLOW_FETCH_FROM` and `S3_READ_BUCKETS`; nothing in it is told to be careful. */
let gateway: TestGateway;
let farm: Farm;
let canaries: Canaries;
let s3: S3Server;
/** None of these is resolved, so that no question leaves this machine. */
let refused: Form[];

beforeAll(async () => {
  [farm, canaries, s3] = await Promise.all([startFarm(), startCanaries(), startS3(['callers', 'foreign'])]);
  refused = addressForms(canaries).filter(({ verdict }) => verdict === 'refused');
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  gateway = await startTestGateway({
    environment: { ALLOW_FETCH_FROM: farm.host, S3_READ_BUCKETS: 'callers', S3_ENDPOINT: s3.url },
    config: { providers: { scripted: { concurrency: 40 } } },
  });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([canaries.close(), s3.close()]);
  farm.close();
});
let before = 0;
beforeEach(async () => {
  before = await canaries.touched();
});
const noneTouched = async (): Promise<void> => expect(await canaries.touched()).toBe(before);

/** Of an answer or of the job that came of it. */
const codeOf = async (response: Response): Promise<string> => {
  const body = (await response.json()) as JobView & { code?: string };
  if (response.status !== 202) return body.code ?? String(response.status);
  const { error, status } = await gateway.ended(body.id);
  return error?.code ?? status;
};
const asset = async (url: string): Promise<string> => codeOf(await gateway.post('/v1/assets', { url }));
const job = async (image: string): Promise<string> =>
  codeOf(await gateway.post('/v1/background?provider=scripted', { ...backgroundBody, image }));

/** The request's own schema lets only these beginnings through, and JSON only whole characters. */
const expected = (url: string): string =>
  url.isWellFormed() && /^https?:\/\//.test(url) ? 'blocked_address' : 'invalid_request';

test('what is allowed is fetched by both ways, so they are open', async () => {
  for (const url of [farm.image, farm.to(farm.image)]) {
    expect((await gateway.post('/v1/assets', { url })).status).toBe(201);
    expect(await job(url)).toBe('succeeded');
  }
});

describe('an asset from a URL', () => {
  test('is refused in every form', async () => {
    // Most are in the table once for each scheme.
    const tried = refused.filter(({ url }) => !url.startsWith('http:'));
    expect(tried.length).toBeGreaterThan(1_300);
    await eachOf(tried, async ({ url }) => {
      expect(await asset(url), JSON.stringify(url)).toBe(expected(url));
    });
    await noneTouched();
  }, 60_000);

  test('is not fetched where a redirect leads', async () => {
    const targets = someTargets(100);
    const answers = await Promise.all(targets.map((url) => asset(farm.to(url))));
    expect(new Set(answers)).toEqual(new Set(['unreachable_image']));
    await noneTouched();
  });
});

/** Forms from all over the table that a header can carry and that lead away from the farm. */
const someTargets = (count: number): string[] => {
  const fit = refused.filter(({ url }) => /^[!-~]+$/.test(url) && URL.parse(url, farm.image)?.hostname !== farm.host);
  return Array.from({ length: count }, (_, index) => fit[Math.floor((index * fit.length) / count)]?.url ?? '');
};

describe('an image of a job', () => {
  test('is refused in any form', async () => {
    const tried = refused.filter((_, index) => index % Math.floor(refused.length / 60) === 0);
    expect(tried.length).toBeGreaterThanOrEqual(60);
    await eachOf(tried, async ({ url }) => {
      expect(await job(url), JSON.stringify(url)).toBe(expected(url));
    });
    await noneTouched();
  });

  test('is not fetched by the worker where a redirect leads', async () => {
    const targets = someTargets(40);
    const before = farm.requests.length;
    const answers = await Promise.all(targets.map((url) => job(farm.to(url))));
    expect(new Set(answers)).toEqual(new Set(['unreachable_image']));
    expect(farm.requests.length - before).toBe(40);
    await noneTouched();
  });
});

describe('an image in a bucket', () => {
  test('of somebody else, or that only looks like one, is not asked for', async () => {
    s3.requests.length = 0;
    for (const url of [
      's3://foreign/in/photo.png',
      's3://callers/../foreign/in/photo.png',
      's3://callers/a/../../foreign/photo.png',
      's3://callers/./photo.png',
      's3://callers@foreign/photo.png',
      's3://callers:80/photo.png',
      's3://127.0.0.1/photo.png',
      's3://CALLERS/photo.png',
      's3://callers%2fforeign/photo.png',
      's3://callers\\foreign/photo.png',
      's3:///callers/photo.png',
      `https://callers.s3.amazonaws.com@127.0.0.1:${canaries.port}/photo.png`,
      `https://callers.s3.amazonaws.com:443@[::1]:${canaries.port}/photo.png`,
      `https://s3.amazonaws.com@127.0.0.1:${canaries.port}/callers/photo.png`,
      `https://127.0.0.1:${canaries.port}/callers.s3.amazonaws.com/photo.png`,
      `https://user@callers.s3.amazonaws.com/photo.png`,
    ]) {
      expect(await asset(url), url).toBe('blocked_address');
      expect(await job(url), url).toBe('blocked_address');
    }
    expect(s3.requests).toEqual([]);
    await noneTouched();
  });

  test('that is allowed is asked for, and what it answers stays with us', async () => {
    s3.requests.length = 0;
    const answers = await Promise.all(
      ['s3://callers/none.png', 'https://callers.s3.amazonaws.com/none.png', farm.at('/none')].map(async (url) => {
        const { code, detail } = (await (await gateway.post('/v1/assets', { url })).json()) as Record<string, string>;
        return `${code}: ${detail}`;
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^unreachable_image: /);
    expect(s3.requests.filter((request) => request.startsWith('GET /callers/none.png'))).toHaveLength(2);
  });
});
