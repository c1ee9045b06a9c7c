import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/operations/job.ts';
import { startTestGateway, type TestGateway, tinyPng } from '../support/gateway.ts';
import {
  backgroundBody,
  dataUri,
  formOf,
  imageFile,
  kept,
  plainPicture,
  problemOf,
  problemsAt,
  sql,
} from './support.ts';

const keys = { north: 'north-key-1234', south: 'south-key-1234' };
const environment = { API_KEYS: `north:${keys.north},south:${keys.south}` };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ environment });
});
afterAll(() => gateway.stop());

let count = 0;
const newKey = (): string => {
  count += 1;
  return `key-${count}`;
};

interface Sent {
  readonly path?: string;
  readonly account?: keyof typeof keys;
  readonly url?: string;
}

const send = async (
  key: string,
  body: unknown,
  { path = '/v1/background', account = 'north', url = gateway.url }: Sent = {},
) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${keys[account]}`,
      'idempotency-key': key,
      ...(!(body instanceof FormData) && { 'content-type': 'application/json' }),
    },
    body: body instanceof FormData ? body : JSON.stringify(body),
  });

const jobOf = async (response: Response): Promise<{ id: string; replayed: string | null }> => {
  expect(response.status, await response.clone().text()).toBe(202);
  return { id: ((await response.json()) as JobView).id, replayed: response.headers.get('idempotency-replayed') };
};

describe('the same key with the same request', () => {
  it('is the first job again, and says so', async () => {
    const key = newKey();
    const first = await jobOf(await send(key, backgroundBody));
    expect(first.replayed).toBeNull();
    const response = await send(key, backgroundBody);
    expect(response.headers.get('location')).toBe(`/v1/jobs/${first.id}`);
    expect(await jobOf(response)).toEqual({ id: first.id, replayed: 'true' });
  });

  it('whatever the order of the fields', async () => {
    const key = newKey();
    const { id } = await jobOf(await send(key, { ...backgroundBody, seed: 1, metadata: { a: '1', b: '2' } }));
    const other = { metadata: { b: '2', a: '1' }, seed: 1, background: backgroundBody.background, image: tinyPng };
    expect(await jobOf(await send(key, other))).toEqual({ id, replayed: 'true' });
  });

  it('shows the job as it is now, and waits for it with Prefer', async () => {
    const key = newKey();
    const { id } = await jobOf(await send(key, backgroundBody));
    const response = await fetch(`${gateway.url}/v1/background`, {
      method: 'POST',
      headers: {
        'x-api-key': keys.north,
        'idempotency-key': key,
        prefer: 'wait=20',
        'content-type': 'application/json',
      },
      body: JSON.stringify(backgroundBody),
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('idempotency-replayed')).toBe('true');
    expect(await response.json()).toMatchObject({ id, status: 'succeeded' });
  });

  it('makes one job of 40 that come at once to two gateways, and keeps one picture', async () => {
    const second = await gateway.another();
    try {
      for (let round = 0; round < 5; round += 1) {
        const key = newKey();
        const before = await kept(gateway);
        const answers = await Promise.all(
          Array.from({ length: 40 }, (_, index) =>
            send(key, backgroundBody, { url: index % 2 ? second.url : gateway.url }),
          ),
        );
        const jobs = await Promise.all(answers.map(jobOf));
        expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
        expect(jobs.filter(({ replayed }) => replayed === null)).toHaveLength(1);
        const after = await kept(gateway);
        expect(after).toEqual({ ...before, jobs: (before.jobs ?? 0) + 1, keys: (before.keys ?? 0) + 1 });
      }
    } finally {
      await second.stop();
    }
  });
});

describe('the same key with another request', () => {
  it.each<[string, object, string]>([
    ['another field', { ...backgroundBody, seed: 2 }, '/v1/background'],
    ['one field less', { image: tinyPng, background: { color: 'red', prompt: 'x' } }, '/v1/background'],
    ['another picture', { ...backgroundBody, image: 'https://example.com/a.png' }, '/v1/background'],
    ['another provider', { ...backgroundBody, seed: 1 }, '/v1/background?provider=scripted-lookup'],
    ['a provider by name instead of by route', { ...backgroundBody, seed: 1 }, '/v1/background?provider=scripted'],
  ])('%s is 422 idempotency_conflict, and makes nothing', async (_, body, path) => {
    const key = newKey();
    await jobOf(await send(key, { ...backgroundBody, seed: 1 }));
    const before = await kept(gateway);
    await problemOf(await send(key, body, { path }), 422, 'idempotency_conflict');
    expect(await kept(gateway)).toEqual(before);
  });

  it('of many that come at once with two bodies, one body wins', async () => {
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => send(key, { ...backgroundBody, seed: index % 2 })),
    );
    const made = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status === 422);
    expect([made.length, refused.length]).toEqual([10, 10]);
    expect(new Set((await Promise.all(made.map(jobOf))).map(({ id }) => id)).size).toBe(1);
    for (const response of refused) await problemOf(response, 422, 'idempotency_conflict');
  });
});

describe('scope', () => {
  it('keys are per account', async () => {
    const key = newKey();
    const { id } = await jobOf(await send(key, backgroundBody));
    const other = await jobOf(await send(key, { ...backgroundBody, seed: 9 }, { account: 'south' }));
    expect(other.replayed).toBeNull();
    expect(other.id).not.toBe(id);
  });

  it('keys are per route', async () => {
    const key = newKey();
    await jobOf(await send(key, backgroundBody));
    const body = { image: tinyPng, light: { direction: 'left' } };
    expect((await jobOf(await send(key, body, { path: '/v1/relight' }))).replayed).toBeNull();
  });

  it('without a key every request is a job of its own', async () => {
    const post = () => gateway.post('/v1/background', backgroundBody, { authorization: `Bearer ${keys.north}` });
    expect((await jobOf(await post())).id).not.toBe((await jobOf(await post())).id);
  });

  it.each(['', ' ', 'a b', 'x'.repeat(256), 'schlüssel'])('%j is no key', async (key) => {
    const response = await gateway.post('/v1/background', backgroundBody, {
      authorization: `Bearer ${keys.north}`,
      'idempotency-key': key,
    });
    expect(problemsAt(await problemOf(response, 400, 'invalid_request'))).toEqual({
      'Idempotency-Key': 'must be 1 to 255 visible ASCII characters',
    });
  });
});

describe('files', () => {
  const form = async (color: string, name = 'a.png') =>
    formOf([
      ['image', imageFile(await plainPicture('png', { color }), name)],
      ['background.color', 'red'],
    ]);

  it('the same file again, also by another name, is the same request, and is kept once', async () => {
    const key = newKey();
    const { id } = await jobOf(await send(key, await form('#102030')));
    const before = await kept(gateway);
    expect(await jobOf(await send(key, await form('#102030', 'b.png')))).toEqual({ id, replayed: 'true' });
    expect(await kept(gateway)).toEqual(before);
  });

  it('the same picture as a data: URI too', async () => {
    const key = newKey();
    const { id } = await jobOf(await send(key, await form('#405060')));
    const inline = { image: dataUri(await plainPicture('png', { color: '#405060' })), background: { color: 'red' } };
    expect(await jobOf(await send(key, inline))).toEqual({ id, replayed: 'true' });
  });

  it('another file is another request, and is not kept', async () => {
    const key = newKey();
    await jobOf(await send(key, await form('#708090')));
    const before = await kept(gateway);
    await problemOf(await send(key, await form('#708091')), 422, 'idempotency_conflict');
    expect(await kept(gateway)).toEqual(before);
  });
});

describe('time', () => {
  it('a key lives for 24 hours, and not longer', async () => {
    const key = newKey();
    const { id } = await jobOf(await send(key, backgroundBody));
    const [row] = await sql<{ hours: string }>(
      gateway,
      'select extract(epoch from expires_at - now()) / 3600 as hours from idempotency_keys where job_id = $1',
      [id],
    );
    expect(Number(row?.hours)).toBeGreaterThan(23.9);
    expect(Number(row?.hours)).toBeLessThanOrEqual(24);

    await sql(gateway, "update idempotency_keys set expires_at = now() + interval '5 seconds' where job_id = $1", [id]);
    expect((await jobOf(await send(key, backgroundBody))).id).toBe(id);
    await sql(gateway, "update idempotency_keys set expires_at = now() - interval '1 second' where job_id = $1", [id]);
    const later = await jobOf(await send(key, { ...backgroundBody, seed: 3 }));
    expect(later.replayed).toBeNull();
    expect(later.id).not.toBe(id);
    expect(await jobOf(await send(key, { ...backgroundBody, seed: 3 }))).toEqual({ id: later.id, replayed: 'true' });
  });
});
