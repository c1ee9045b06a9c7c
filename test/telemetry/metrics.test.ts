import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/operations/job.ts';
import { backgroundBody, headersOf, noisyPng } from '../http/support.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

/** The value of one series; 0 where it is not there yet. */
const metric = async (name: string, labels: Record<string, string> = {}): Promise<number> => {
  const text = await (await gateway.fetch('/metrics')).text();
  const found = text.split('\n').filter((line) => {
    const [, series, list = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    return (
      series === name && Object.entries(labels).every(([key, value]) => list.split(',').includes(`${key}="${value}"`))
    );
  });
  return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
};

const run = async (options: object): Promise<JobView> => {
  const body = { ...backgroundBody, options: { scripted: options } };
  const response = await gateway.post('/v1/background?provider=scripted', body);
  return gateway.ended(((await response.json()) as JobView).id);
};

describe('the metrics', () => {
  it('count requests by method, route and status, never by an id', async () => {
    const labels = { method: 'GET', route: '/v1/jobs/:id', status: '404' };
    const before = await metric('restage_http_request_seconds_count', labels);
    for (const id of ['a', 'b', 'job_01k9w2m4c8x5e7q3r6t1v0y2z4'])
      await (await gateway.fetch(`/v1/jobs/${id}`)).arrayBuffer();
    expect(await metric('restage_http_request_seconds_count', labels)).toBe(before + 3);
    for (let index = 0; index < 20; index += 1) await (await gateway.fetch(`/made-up-${index}`)).arrayBuffer();
    expect(await (await gateway.fetch('/metrics')).text()).not.toMatch(/job_0|made-up/);
  });

  it('count jobs by operation, backend and outcome', async () => {
    const labels = { operation: 'background', backend: 'scripted' };
    const counts = async () => ({
      accepted: await metric('restage_jobs_accepted_total', labels),
      succeeded: await metric('restage_job_seconds_count', { ...labels, outcome: 'succeeded' }),
      rejected: await metric('restage_job_seconds_count', { ...labels, outcome: 'provider_rejected' }),
      unknown: await metric('restage_unknown_outcomes_total', { backend: 'scripted' }),
    });
    const before = await counts();
    await run({});
    await run({ faults: ['reject'] });
    await run({ faults: ['drop_after'] });
    expect(await counts()).toEqual({
      accepted: before.accepted + 3,
      succeeded: before.succeeded + 1,
      rejected: before.rejected + 1,
      unknown: before.unknown + 1,
    });
    expect(await metric('restage_unknown_purchases')).toBe(1);
  });

  it('measure each step', async () => {
    await run({});
    for (const step of ['begin', 'prepare', 'start', 'check', 'collect', 'settle', 'tidy'])
      await expect
        .poll(() => metric('restage_step_seconds_count', { step, backend: 'scripted' }), { timeout: 3_000 })
        .toBeGreaterThan(0);
  });

  it('say how many jobs wait, by backend', async () => {
    const body = { ...backgroundBody, options: { scripted: { faults: ['hang'] } } };
    const jobs = await Promise.all(
      Array.from(
        { length: 11 },
        async () => (await (await gateway.post('/v1/background?provider=scripted', body)).json()) as JobView,
      ),
    );
    await expect.poll(() => metric('restage_queue_depth', { backend: 'scripted' }), { timeout: 5_000 }).toBe(3);
    for (const { id } of jobs.reverse()) await (await gateway.post(`/v1/jobs/${id}/cancel`, {})).arrayBuffer();
    expect(await metric('restage_queue_depth')).toBe(0);
  });

  it('say how many bytes of uploads are in memory, and that they are let go of', async () => {
    const large = await noisyPng(250);
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      headersOf(gateway.url, '/v1/assets', {
        'content-type': 'multipart/form-data; boundary=limes',
        'content-length': 1_000_000,
      }),
    );
    socket.write('--limes\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n');
    socket.write(large.subarray(0, 100_000));
    await expect.poll(() => metric('restage_bytes_in_flight'), { timeout: 3_000 }).toBeGreaterThan(90_000);
    socket.destroy();
    await expect.poll(() => metric('restage_bytes_in_flight'), { timeout: 3_000 }).toBe(0);
    const form = new FormData();
    form.append('file', new File([large], 'a.png'));
    await (await gateway.fetch('/v1/assets', { method: 'POST', body: form })).arrayBuffer();
    expect(await metric('restage_bytes_in_flight')).toBe(0);
  });

  it('say how the process is: memory and event loop', async () => {
    expect(await metric('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(await (await gateway.fetch('/metrics')).text()).toContain('nodejs_eventloop_lag_p99_seconds');
  });
});
