import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobSchema, planSchema } from '../../src/operations/job.ts';
import type { Provider } from '../../src/provider.ts';
import { startTestGateway, type TestGateway, tinyPng } from '../support/gateway.ts';
import { scriptedProvider, scriptedProviders } from '../support/scripted/provider.ts';
import { backgroundBody, kept, problemOf, problemsAt } from './support.ts';

/** Takes one image alone, and half a minute for it. */
const narrow = (): Provider => {
  const base = scriptedProvider('narrow', 'lookup');
  const { compose } = base.manifest.operations;
  if (!compose) throw new Error('the scripted provider composes');
  const operations = { compose: { ...compose, images: { person: 1, place: 1, garment: 1 }, expectedSeconds: 30 } };
  return { ...base, manifest: { ...base.manifest, operations } };
};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    providers: [...scriptedProviders, narrow()],
    config: {
      backends: {
        dear: { provider: 'scripted', options: { price: 2 } },
        odd: { provider: 'scripted', options: { price: null } },
      },
      routes: { background: { use: ['odd', 'dear', 'scripted'] } },
    },
  });
});
afterAll(() => gateway.stop());

const post = (query: string, body: unknown, headers: Record<string, string> = {}) =>
  gateway.post(`/v1/background${query}`, body, headers);
const bought = (): number => gateway.upstream.bought().size;

describe('accepting', () => {
  it('answers 202 with the job, where it is, and when to ask', async () => {
    const response = await post('', { ...backgroundBody, metadata: { order: '17' } });
    expect(response.status).toBe(202);
    expect(response.headers.get('content-type')).toBe('application/json');
    const job = jobSchema.strict().parse(await response.json());
    expect(job).toMatchObject({
      object: 'job',
      operation: 'background',
      status: 'queued',
      backend: 'dear',
      provider: 'scripted',
      metadata: { order: '17' },
      outputs: [],
      finished_at: null,
    });
    expect(response.headers.get('location')).toBe(`/v1/jobs/${job.id}`);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(job.urls.get).toBe(`${gateway.url}/v1/jobs/${job.id}`);
    const read = await fetch(new URL(response.headers.get('location') ?? '', gateway.url));
    expect(jobSchema.strict().parse(await read.json()).id).toBe(job.id);
  });

  it('leads to a job whose every field is as the contract says once it has ended', async () => {
    const { id } = (await (
      await post('?provider=scripted', { ...backgroundBody, negative_prompt: 'rain' })
    ).json()) as {
      id: string;
    };
    const job = jobSchema.strict().parse(await gateway.ended(id));
    expect(job).toMatchObject({
      status: 'succeeded',
      progress: 1,
      backend: 'scripted',
      adjustments: [{ field: 'negative_prompt', action: 'dropped', provider: 'scripted', detail: 'not supported' }],
      outputs: [{ kind: 'image', s3_uri: null, content_type: 'image/png', width: 64, height: 48 }],
      error: null,
    });
    expect(Object.values(job.timings_ms)).not.toContain(null);
  });
});

describe('Prefer: wait', () => {
  it('answers 201 with the finished job', async () => {
    const response = await post('?provider=scripted', backgroundBody, { prefer: 'respond-async, wait=20' });
    expect(response.status).toBe(201);
    expect(response.headers.get('preference-applied')).toBe('wait=20');
    expect(response.headers.get('retry-after')).toBeNull();
    expect(jobSchema.parse(await response.json())).toMatchObject({ status: 'succeeded', progress: 1 });
  });

  it('answers 201 also for a job that failed: it has ended', async () => {
    const body = { ...backgroundBody, options: { scripted: { faults: ['reject'] } } };
    const response = await post('?provider=scripted', body, { prefer: 'wait=20' });
    expect(response.status).toBe(201);
    expect(jobSchema.parse(await response.json())).toMatchObject({
      status: 'failed',
      error: { code: 'provider_rejected' },
    });
  });

  it('answers 202 when the time is up, and the job goes on', async () => {
    const body = { ...backgroundBody, options: { scripted: { seconds: 60 } } };
    const started = performance.now();
    const response = await post('?provider=scripted', body, { prefer: 'wait=1' });
    expect(performance.now() - started).toBeGreaterThan(950);
    expect(performance.now() - started).toBeLessThan(4_000);
    expect(response.status).toBe(202);
    expect(response.headers.get('retry-after')).toBe('1');
    const job = jobSchema.parse(await response.json());
    expect(job.status).toBe('processing');
    await gateway.post(`/v1/jobs/${job.id}/cancel`, {});
  });

  it.each(['wait=0', 'wait=-1', 'wait=soon', 'wait=1.5', 'wait=5s', 'wait', 'return=minimal', 'await=30'])(
    'ignores %s, as the RFC says',
    async (prefer) => {
      const body = { ...backgroundBody, options: { scripted: { seconds: 30 } } };
      const response = await post('?provider=scripted', body, { prefer });
      expect(response.status).toBe(202);
      expect(response.headers.get('preference-applied')).toBeNull();
      await gateway.post(`/v1/jobs/${((await response.json()) as { id: string }).id}/cancel`, {});
    },
  );

  it.each(['wait=121', 'wait=99999999999', 'WAIT = "500"'])('takes %s for 120 s, and says so', async (prefer) => {
    const response = await post('?provider=scripted', backgroundBody, { prefer });
    expect(response.status).toBe(201);
    expect(response.headers.get('preference-applied')).toBe('wait=120');
  });
});

describe('dry run', () => {
  it('plans and prices, and stores, sends and remembers nothing', async () => {
    const [before, sent] = [await kept(gateway), bought()];
    const response = await post(
      '?dry_run=true&provider=scripted,dear',
      { ...backgroundBody, count: 3, negative_prompt: 'rain' },
      { 'idempotency-key': 'a-dry-run' },
    );
    expect(response.status).toBe(200);
    expect(planSchema.strict().parse(await response.json())).toMatchObject({
      object: 'plan',
      provider: 'scripted',
      cost_usd: 0.03,
      expected_s: 1,
      adjustments: [{ field: 'negative_prompt', action: 'dropped' }],
      wire: [{ stage: 'stage-0', script: { seconds: 0, faults: [] } }],
      eligible: ['scripted', 'dear'],
      ineligible: [],
    });
    expect(await kept(gateway)).toEqual(before);
    expect(bought()).toBe(sent);
  });

  it('says why a backend of the route is passed over', async () => {
    const response = await post('?dry_run=true', backgroundBody);
    expect(planSchema.parse(await response.json())).toMatchObject({
      provider: 'dear',
      cost_usd: 2,
      eligible: ['dear', 'scripted'],
      ineligible: [{ provider: 'odd', reasons: ['its price is not known'] }],
    });
  });

  it('refuses what the real request would refuse', async () => {
    const missing = 'asset_01k9w2m4c8x5e7q3r6t1v0y2z4';
    const response = await post('?dry_run=true', { ...backgroundBody, image: missing });
    expect(problemsAt(await problemOf(response, 400, 'invalid_request'))).toEqual({
      '/image': `${missing} does not exist`,
    });
  });

  it('is a real one with dry_run=false, and an error with anything else', async () => {
    expect((await post('?dry_run=false', backgroundBody)).status).toBe(202);
    expect(
      problemsAt(await problemOf(await post('?dry_run=yes', backgroundBody), 400, 'invalid_request')),
    ).toHaveProperty('?dry_run');
  });
});

describe('?provider=', () => {
  it('takes a backend by its name', async () => {
    const job = jobSchema.parse(await (await post('?provider=dear', backgroundBody)).json());
    expect(job).toMatchObject({ provider: 'scripted', backend: 'dear' });
  });

  it('takes the first of a list that can', async () => {
    const job = jobSchema.parse(await (await post('?provider=odd,scripted-lookup,dear', backgroundBody)).json());
    expect(job.backend).toBe('scripted-lookup');
  });

  it('unknown: 422, and names those there are', async () => {
    const { detail } = await problemOf(await post('?provider=nobody', backgroundBody), 422, 'unknown_provider');
    expect(detail).toContain('"nobody"');
    for (const name of ['scripted', 'scripted-lookup', 'dear', 'odd']) expect(detail).toContain(name);
  });

  it('unknown in a list: 422, though another could', async () => {
    await problemOf(await post('?provider=scripted,nobody', backgroundBody), 422, 'unknown_provider');
  });

  it('one that cannot: 422 unsupported_by_provider, with the reason', async () => {
    const { detail } = await problemOf(await post('?provider=narrow', backgroundBody), 422, 'unsupported_by_provider');
    expect(detail).toBe('narrow: does not do background');
  });

  it('several that cannot: 422 no_eligible_provider, with the reason of each', async () => {
    const { detail } = await problemOf(await post('?provider=narrow,odd', backgroundBody), 422, 'no_eligible_provider');
    expect(detail).toBe('narrow: does not do background | odd: its price is not known');
  });

  it.each(['', 'scripted,', 'scripted,scripted', 'Scripted', 'a b', "x'; drop table jobs", 'a'.repeat(65)])(
    'nonsense is 400: %s',
    async (provider) => {
      const response = await post(`?provider=${encodeURIComponent(provider)}`, backgroundBody);
      expect(problemsAt(await problemOf(response, 400, 'invalid_request'))).toEqual({
        '?provider': 'must name backends, each once, with "," between them',
      });
    },
  );
});

describe('other parameters of the query', () => {
  it('unknown and repeated ones are refused, all at once', async () => {
    const response = await post('?provider=scripted&provider=dear&compare=a&dry_run=1&arm=%E2%82%AC', backgroundBody);
    expect(problemsAt(await problemOf(response, 400, 'invalid_request'))).toMatchObject({
      '?provider': 'may be given once',
      '?compare': 'is not a parameter of this request',
      '?arm': 'is not a parameter of this request',
      '?dry_run': expect.any(String),
    });
  });
});

describe('what a backend must be able to do', () => {
  const compose = (query: string, more: object) =>
    gateway.post(`/v1/compose${query}`, { person: tinyPng, prompt: 'a beach', ...more });

  it('every image that was sent', async () => {
    const response = await compose('?provider=narrow', { garments: [tinyPng, tinyPng] });
    const { detail } = await problemOf(response, 422, 'unsupported_by_provider');
    expect(detail).toBe('narrow: takes at most 1 garment images, not 2');
  });

  it('within deadline_s', async () => {
    const { detail } = await problemOf(
      await compose('?provider=narrow', { deadline_s: 29 }),
      422,
      'unsupported_by_provider',
    );
    expect(detail).toBe('narrow: takes about 30 s, more than deadline_s 29');
    expect((await compose('?provider=narrow&dry_run=true', { deadline_s: 30 })).status).toBe(200);
  });

  it('within max_cost_usd, for all pictures together', async () => {
    const { detail } = await problemOf(
      await post('?provider=scripted', { ...backgroundBody, count: 4, max_cost_usd: 0.039 }),
      422,
      'unsupported_by_provider',
    );
    expect(detail).toBe('scripted: costs 0.04 USD, more than max_cost_usd 0.039');
    expect(
      (await post('?provider=scripted&dry_run=true', { ...backgroundBody, count: 4, max_cost_usd: 0.04 })).status,
    ).toBe(200);
  });

  it('at a known price: a price of null keeps it from being chosen', async () => {
    const body = { ...backgroundBody, options: { scripted: { price: null } } };
    const { detail } = await problemOf(await post('?provider=scripted', body), 422, 'unsupported_by_provider');
    expect(detail).toBe('scripted: its price is not known');
    const free = { ...backgroundBody, options: { scripted: { price: 0 } } };
    expect(await (await post('?provider=scripted&dry_run=true', free)).json()).toMatchObject({ cost_usd: 0 });
  });

  it('with strict, every field as it was sent', async () => {
    const body = { ...backgroundBody, strict: true, negative_prompt: 'rain', background_depth: 0.5 };
    const { detail } = await problemOf(await post('?provider=scripted', body), 422, 'unsupported_by_provider');
    expect(detail).toContain('strict: negative_prompt would be dropped (not supported)');
    expect(detail).toContain('strict: background_depth would be dropped');
    const honoured = { ...backgroundBody, strict: true, seed: 5, metadata: { a: 'b' }, user: 'u', count: 2 };
    expect((await post('?provider=scripted&dry_run=true', honoured)).status).toBe(200);
  });

  it('a field that it does not know ends as dropped, never in silence', async () => {
    const body = { ...backgroundBody, background_depth: 0.5, light: { direction: 'left' }, resolution: '2K' };
    const plan = planSchema.parse(await (await post('?provider=scripted&dry_run=true', body)).json());
    expect(plan.adjustments.map(({ field, action }) => `${field} ${action}`).sort()).toEqual([
      'background_depth dropped',
      'resolution dropped',
    ]);
  });
});
