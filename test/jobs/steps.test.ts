import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/operations/job.ts';
import { startTestGateway, type TestGateway, tinyPng } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const submit = async (provider: string, options: object, more: object = {}): Promise<JobView> => {
  const body = { image: tinyPng, background: { color: 'red' }, options: { [provider]: options }, ...more };
  const response = await gateway.post(`/v1/background?provider=${provider}`, body);
  expect(response.status, await response.clone().text()).toBe(202);
  return (await response.json()) as JobView;
};

const run = async (provider: string, options: object, more: object = {}): Promise<JobView> =>
  gateway.ended((await submit(provider, options, more)).id);

const bought = (): number => [...gateway.upstream.bought().values()].reduce((sum, count) => sum + count, 0);

describe('a job that goes well', () => {
  it('buys once, and its result can be read', async () => {
    const before = bought();
    const job = await run('scripted', { read_inputs: true });
    expect(job).toMatchObject({
      status: 'succeeded',
      progress: 1,
      cost_usd: 0.01,
      attempts: [{ status: 'succeeded', cost_usd: 0.01 }],
    });
    expect(bought() - before).toBe(1);
    const output = job.outputs[0];
    const file = await fetch(output?.url ?? '');
    expect(file.headers.get('content-type')).toBe('image/png');
    expect((await file.arrayBuffer()).byteLength).toBe(output?.bytes);
  });

  it('makes one purchase for each picture', async () => {
    const before = bought();
    const job = await run('scripted', {}, { count: 3 });
    expect(job.outputs).toHaveLength(3);
    expect(job.cost_usd).toBe(0.03);
    expect(bought() - before).toBe(3);
  });

  it('hands what a stage made to the next', async () => {
    const before = bought();
    const job = await run('scripted', { stages: 2, read_inputs: true });
    expect(job.status).toBe('succeeded');
    expect(bought() - before).toBe(2);
  });

  it('gives the result the format that was asked for', async () => {
    const job = await run('scripted', {}, { output_format: 'webp' });
    expect(job.outputs[0]?.content_type).toBe('image/webp');
  });
});

describe('faults before the purchase', () => {
  it('starts again after 429, and buys once', async () => {
    const before = bought();
    expect(await run('scripted', { faults: ['busy:2'] })).toMatchObject({ status: 'succeeded' });
    expect(bought() - before).toBe(1);
  });

  it.each([
    ['reject', 'provider_rejected'],
    ['moderate_input', 'moderated'],
  ])('%s ends the job as %s, with nothing bought', async (fault, code) => {
    const before = bought();
    const job = await run('scripted', { faults: [fault] });
    expect(job).toMatchObject({ status: 'failed', error: { code, provider: 'scripted' }, outputs: [] });
    expect(bought() - before).toBe(0);
  });
});

describe('an answer that never came', () => {
  it.each(['drop_after', 'drop_before', 'garbage'])(
    'at most once: %s is an unknown outcome, and is not bought again',
    async (fault) => {
      const before = bought();
      const job = await run('scripted', { faults: [fault] });
      expect(job).toMatchObject({
        status: 'failed',
        error: { code: 'outcome_unknown' },
        attempts: [{ status: 'unknown' }],
      });
      expect(bought() - before).toBe(fault === 'drop_before' ? 0 : 1);
    },
  );

  it('lookup: finds what was bought', async () => {
    const before = bought();
    expect(await run('scripted-lookup', { faults: ['drop_after:1'] })).toMatchObject({ status: 'succeeded' });
    expect(bought() - before).toBe(1);
  });

  it('lookup: buys when the provider has never heard of it', async () => {
    const before = bought();
    expect(await run('scripted-lookup', { faults: ['drop_before:1'] })).toMatchObject({ status: 'succeeded' });
    expect(bought() - before).toBe(1);
  });

  it('idempotent: starts again', async () => {
    const before = bought();
    expect(await run('scripted-idempotent', { faults: ['drop_after:2'] })).toMatchObject({ status: 'succeeded' });
    expect(bought() - before).toBe(1);
  });
});

describe('faults after the purchase', () => {
  it.each(['check_500:2', 'check_garbage:2', 'regress:2', 'truncated:2', 'result_404:2', 'result_html:1'])(
    '%s heals without a second purchase',
    async (fault) => {
      const before = bought();
      expect(await run('scripted', { faults: [fault] })).toMatchObject({ status: 'succeeded' });
      expect(bought() - before).toBe(1);
    },
  );

  it.each([
    ['fail', 'provider_error'],
    ['moderate_output', 'moderated'],
    ['result_html', 'collect_failed'],
  ])('%s ends the job as %s', async (fault, code) => {
    const job = await run('scripted', { faults: [fault] });
    expect(job).toMatchObject({ status: 'failed', error: { code } });
    expect(job.attempts[0]?.error?.code).toBe(code);
  });
});

describe('cancel and deadline', () => {
  it('cancels upstream what goes on there', async () => {
    const job = await submit('scripted', { seconds: 60 });
    await expect
      .poll(async () => (await gateway.job(job.id)).attempts[0]?.upstream_id, { timeout: 5_000 })
      .toBeTruthy();
    const response = await gateway.post(`/v1/jobs/${job.id}/cancel`, {});
    expect(await response.json()).toMatchObject({ status: 'canceled', attempts: [{ status: 'canceled' }] });
    await expect.poll(() => gateway.upstream.canceled().length, { timeout: 5_000 }).toBeGreaterThan(0);
    expect((await gateway.post(`/v1/jobs/${job.id}/cancel`, {})).status).toBe(409);
  });

  it('cancels in the middle of a start, and then what the start has bought', async () => {
    const before = gateway.upstream.canceled().length;
    const job = await submit('scripted-lookup', { seconds: 60, faults: ['slow_start'] });
    await expect.poll(async () => (await gateway.job(job.id)).status, { timeout: 5_000 }).toBe('processing');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await gateway.post(`/v1/jobs/${job.id}/cancel`, {})).status).toBe(200);
    await expect.poll(() => gateway.upstream.canceled().length, { timeout: 10_000 }).toBe(before + 1);
    expect((await gateway.ended(job.id)).status).toBe('canceled');
  });

  it('ends at its deadline, and upstream with it', async () => {
    const before = gateway.upstream.canceled().length;
    const job = await submit('scripted', { seconds: 60 }, { deadline_s: 2 });
    const ended = await gateway.ended(job.id);
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'deadline_exceeded' } });
    expect(ended.timings_ms.total).toBeLessThan(5_000);
    await expect.poll(() => gateway.upstream.canceled().length, { timeout: 5_000 }).toBe(before + 1);
  });

  it('keeps the deadline also while a start hangs', async () => {
    const job = await submit('scripted', { faults: ['hang'] }, { deadline_s: 2 });
    expect(await gateway.ended(job.id, 6_000)).toMatchObject({
      status: 'failed',
      error: { code: 'deadline_exceeded' },
      attempts: [{ status: 'unknown' }],
    });
  });
});
