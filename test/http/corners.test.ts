import pg from 'pg';
import { expect, it } from 'vitest';
import type { JobView } from '../../src/operations/job.ts';
import { startTestGateway, tinyPng } from '../support/gateway.ts';
import { backgroundBody, kept, problemOf, problemsAt, tinyBytes } from './support.ts';

it('stops at once, also when an answer was just under way', async () => {
  const gateway = await startTestGateway();
  const { url } = (await (await gateway.post('/v1/assets', { url: tinyPng })).json()) as { url: string };
  await Promise.all([fetch(url), fetch(url)]);
  const started = performance.now();
  await gateway.stop();
  expect(performance.now() - started).toBeLessThan(5_000);
}, 60_000);

it('a replay does not depend on inputs that were deleted since', async () => {
  const gateway = await startTestGateway();
  const { id } = (await (await gateway.post('/v1/assets', { url: tinyPng })).json()) as { id: string };
  const send = async (): Promise<{ status: number; job: JobView }> => {
    const body = { image: id, background: { color: 'red' } };
    const response = await gateway.post('/v1/background?provider=scripted', body, { 'idempotency-key': 'k1' });
    return { status: response.status, job: (await response.json()) as JobView };
  };
  const first = await send();
  await gateway.ended(first.job.id);
  await gateway.fetch(`/v1/assets/${id}`, { method: 'DELETE' });
  const again = await send();
  await gateway.stop();
  expect(again).toMatchObject({ status: 202, job: { id: first.job.id } });
}, 60_000);

it('options may be given under the name of a backend', async () => {
  const config = { backends: { dear: { provider: 'scripted', options: { price: 2 } } } };
  const gateway = await startTestGateway({ config });
  const plan = async (options: object): Promise<unknown> => {
    const response = await gateway.post('/v1/background?provider=dear&dry_run=true', { ...backgroundBody, options });
    return response.json();
  };
  expect(await plan({})).toMatchObject({ cost_usd: 2 });
  expect(await plan({ dear: { price: 3 } })).toMatchObject({ cost_usd: 3 });
  expect(await plan({ dear: { prise: 3 } })).toMatchObject({ errors: [{ pointer: '/options/dear/prise' }] });
  await gateway.stop();
}, 60_000);

it('whatever is put behind a presigned link has a row that says when it is swept', async () => {
  const gateway = await startTestGateway();
  const bytes = tinyBytes();
  const response = await gateway.post('/v1/assets/presign', { content_type: 'image/png', bytes: bytes.length });
  const { url, headers, asset_id } = (await response.json()) as {
    url: string;
    asset_id: string;
    headers: Record<string, string>;
  };
  const put = () => fetch(url, { method: 'PUT', headers, body: bytes });
  await put();
  await (await gateway.fetch(`/v1/assets/${asset_id}`)).text();
  expect((await put()).status).toBe(200);
  const client = new pg.Client(gateway.database.url);
  await client.connect();
  const { rows } = await client.query(
    "select expires_at < now() + interval '20 minutes' as soon from assets where storage_key like 'direct/%'",
  );
  await client.end();
  await gateway.stop();
  expect(rows).toEqual([{ soon: true }]);
}, 60_000);

it('metrics are closed when only API_KEYS are set', async () => {
  const gateway = await startTestGateway({ environment: { API_KEYS: 'north:north-key-1234' } });
  const { status } = await gateway.fetch('/metrics');
  await gateway.stop();
  expect(status).toBe(403);
}, 60_000);

it('HEAD of the events of a running job ends at once', async () => {
  const gateway = await startTestGateway();
  const body = { ...backgroundBody, options: { scripted: { seconds: 30 } } };
  const { id } = (await (await gateway.post('/v1/background?provider=scripted', body)).json()) as { id: string };
  const response = await gateway.fetch(`/v1/jobs/${id}/events`, { method: 'HEAD', signal: AbortSignal.timeout(5_000) });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  await gateway.stop();
}, 60_000);

it('counts every end of a job by its outcome', async () => {
  // Nobody listens on that port.
  const gateway = await startTestGateway({ environment: { ALLOW_FETCH_FROM: '127.0.0.1' } });
  const submit = async (more: object): Promise<string> => {
    const response = await gateway.post('/v1/background?provider=scripted', { ...backgroundBody, ...more });
    return ((await response.json()) as JobView).id;
  };
  const canceled = await submit({ options: { scripted: { seconds: 30 } } });
  await gateway.post(`/v1/jobs/${canceled}/cancel`, {});
  await gateway.ended(await submit({ deadline_s: 1, options: { scripted: { seconds: 30 } } }));
  await gateway.ended(await submit({ image: 'http://127.0.0.1:1/x.png' }));
  const metrics = await (await gateway.fetch('/metrics')).text();
  await gateway.stop();
  for (const outcome of ['canceled', 'deadline_exceeded', 'unreachable_image']) {
    expect(metrics).toContain(
      `restage_job_seconds_count{operation="background",backend="scripted",outcome="${outcome}"} 1`,
    );
  }
}, 60_000);

it.each([
  ['https://127.0.0.1/x.png', '', '/image'],
  ['http://[::ffff:169.254.169.254]/latest', '?dry_run=true', '/image'],
  ['https://user:password@example.com/x.png', '', '/image'],
  ['s3://not-allowed/x.png', '?dry_run=true', '/image'],
])('%s is refused before there is a job', async (image, query, pointer) => {
  const gateway = await startTestGateway();
  const body = { ...backgroundBody, image };
  const named = query === '' ? '?provider=scripted' : `${query}&provider=scripted`;
  const problem = await problemOf(await gateway.post(`/v1/background${named}`, body), 422, 'blocked_address');
  expect(problemsAt(problem)).toHaveProperty(pointer);
  expect((await kept(gateway)).jobs).toBe(0);
  await gateway.stop();
});
