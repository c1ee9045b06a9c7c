import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type JobView, jobSchema } from '../../src/operations/job.ts';
import { startTestGateway, type TestGateway, tinyPng } from '../support/gateway.ts';
import { backgroundBody, problemOf, problemsAt } from './support.ts';

const keys = { north: 'north-key-1234', south: 'south-key-1234' };
const authorization = (account: keyof typeof keys) => ({ authorization: `Bearer ${keys[account]}` });
const listSchema = z.strictObject({
  object: z.literal('list'),
  data: z.array(jobSchema.strict()),
  next_cursor: z.string().nullable(),
});

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ environment: { API_KEYS: `north:${keys.north},south:${keys.south}` } });
});
afterAll(() => gateway.stop());

const submit = async (account: keyof typeof keys, options: object = {}, path = '/v1/background'): Promise<JobView> => {
  const body = path === '/v1/relight' ? { image: tinyPng, light: { direction: 'left' } } : backgroundBody;
  const response = await gateway.post(
    `${path}?provider=scripted`,
    { ...body, options: { scripted: options } },
    authorization(account),
  );
  expect(response.status).toBe(202);
  return (await response.json()) as JobView;
};

const list = async (account: keyof typeof keys, query: string) => {
  const response = await gateway.fetch(`/v1/jobs${query}`, { headers: authorization(account) });
  expect(response.status, await response.clone().text()).toBe(200);
  return listSchema.parse(await response.json());
};

const read = async (id: string): Promise<Response> =>
  gateway.fetch(`/v1/jobs/${id}`, { headers: authorization('north') });
const cancel = (id: string) => gateway.post(`/v1/jobs/${id}/cancel`, undefined, authorization('north'));
const until = async (id: string, status: string): Promise<JobView> => {
  const seen = async () => (await (await read(id)).json()) as JobView;
  await expect.poll(async () => (await seen()).status, { timeout: 15_000 }).toBe(status);
  return seen();
};

describe('reading a job', () => {
  it('says when to ask again, as long as it goes on', async () => {
    const { id } = await submit('north', { seconds: 60 });
    await until(id, 'processing');
    expect((await read(id)).headers.get('retry-after')).toBe('1');
    await cancel(id);
    const response = await read(id);
    expect(response.headers.get('retry-after')).toBeNull();
    expect(jobSchema.strict().parse(await response.json()).status).toBe('canceled');
  });

  it.each([
    'job_01k9w2m4c8x5e7q3r6t1v0y2z4',
    'job_',
    'x',
    '%00',
    '%ff',
    "'",
    'job_01K9W2M4C8X5E7Q3R6T1V0Y2Z4',
    'a'.repeat(3_000),
  ])('%.40s is 404 on every route', async (id) => {
    await problemOf(await read(id), 404, 'not_found');
    await problemOf(
      await gateway.fetch(`/v1/jobs/${id}/events`, { headers: authorization('north') }),
      404,
      'not_found',
    );
    await problemOf(await cancel(id), 404, 'not_found');
  });
});

describe('the place in the queue', () => {
  it('is the number of older jobs that wait for the same backend', async () => {
    const running = await Promise.all(Array.from({ length: 8 }, () => submit('south', { faults: ['hang'] })));
    for (const { id } of running)
      await expect
        .poll(
          async () =>
            ((await (await gateway.fetch(`/v1/jobs/${id}`, { headers: authorization('south') })).json()) as JobView)
              .status,
          { timeout: 10_000 },
        )
        .toBe('processing');
    const waiting = [await submit('north'), await submit('north'), await submit('north')];
    const positions = await Promise.all(
      waiting.map(async ({ id }) => ((await (await read(id)).json()) as JobView).queue_position),
    );
    expect(positions).toEqual([0, 1, 2]);
    for (const { id } of running) await gateway.post(`/v1/jobs/${id}/cancel`, undefined, authorization('south'));
    for (const { id } of waiting) expect((await until(id, 'succeeded')).queue_position).toBeNull();
  });
});

describe('the list', () => {
  it('goes through 25 jobs, newest first, without gaps or repeats, while new ones come in', async () => {
    const made: string[] = [];
    for (let index = 0; index < 25; index += 1) made.push((await submit('north', {}, '/v1/relight')).id);
    const seen: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page = await list('north', `?operation=relight&limit=4${cursor ? `&cursor=${cursor}` : ''}`);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
      pages += 1;
      await submit('north', {}, '/v1/relight');
    } while (cursor !== null);
    expect(seen).toEqual(made.toReversed());
    expect(pages).toBe(7);
  });

  it('a page that is just full has no next one, when nothing is left', async () => {
    const before = (await list('north', '?operation=relight&limit=100')).data.length;
    expect(before).toBeGreaterThan(25);
    const page = await list('north', `?operation=relight&limit=${before}`);
    expect(page.data).toHaveLength(before);
    expect(page.next_cursor).toBeNull();
    expect((await list('north', `?operation=relight&limit=${before - 1}`)).next_cursor).not.toBeNull();
  });

  it('has 20 without a limit', async () => {
    expect((await list('north', '')).data).toHaveLength(20);
  });

  it('filters by status and by operation, together too', async () => {
    const failed = await submit('north', { faults: ['reject'] });
    await until(failed.id, 'failed');
    const found = await list('north', '?status=failed');
    expect(found.data.map(({ id }) => id)).toContain(failed.id);
    expect(new Set(found.data.map(({ status }) => status))).toEqual(new Set(['failed']));
    expect((await list('north', '?status=failed&operation=relight')).data).toEqual([]);
    expect((await list('north', '?operation=compose')).data).toEqual([]);
  });

  it.each<[string, string]>([
    ['?cursor=nonsense', '?cursor'],
    [`?cursor=${btoa("job_' or 1=1")}`, '?cursor'],
    ['?cursor=', '?cursor'],
    ['?cursor=%00', '?cursor'],
    ['?limit=0', '?limit'],
    ['?limit=101', '?limit'],
    ['?limit=ten', '?limit'],
    ['?limit=1.5', '?limit'],
    ['?status=done', '?status'],
    ['?operation=%00', '?operation'],
    ['?account=south', '?account'],
    ['?status=failed&status=queued', '?status'],
  ])('%s is 400', async (query, pointer) => {
    const response = await gateway.fetch(`/v1/jobs${query}`, { headers: authorization('north') });
    expect(Object.keys(problemsAt(await problemOf(response, 400, 'invalid_request')))).toEqual([pointer]);
  });
});

describe('cancel', () => {
  it('ends a job that waits or works; a second time is 409 job_finished', async () => {
    const { id } = await submit('north', { seconds: 60 });
    const response = await cancel(id);
    expect(response.status).toBe(200);
    expect(jobSchema.strict().parse(await response.json())).toMatchObject({ id, status: 'canceled', error: null });
    const { detail } = await problemOf(await cancel(id), 409, 'job_finished');
    expect(detail).toContain('canceled');
  });

  it.each([
    ['succeeded', {}],
    ['failed', { faults: ['reject'] }],
  ])('a job that has %s is 409, and stays what it is', async (status, options) => {
    const { id } = await submit('north', options);
    await until(id, status);
    await problemOf(await cancel(id), 409, 'job_finished');
    expect((await (await read(id)).json()) as JobView).toMatchObject({ status });
  });

  it('of 20 that come at once, one has canceled it', async () => {
    const { id } = await submit('north', { seconds: 60 });
    const statuses = (await Promise.all(Array.from({ length: 20 }, () => cancel(id)))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);
  });
});
