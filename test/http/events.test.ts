import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import type { HttpParts } from '../../src/http/parts.ts';
import type { JobRecord } from '../../src/jobs/model.ts';
import { createPresenter } from '../../src/jobs/view.ts';
import { type JobView, jobSchema } from '../../src/operations/job.ts';
import { createTelemetry } from '../../src/platform/telemetry/create.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { backgroundBody, problemOf } from './support.ts';

interface SentEvent {
  readonly event: string;
  readonly id: number;
  readonly job: JobView;
}

/** All events until the server ends the stream; what is no event of ours fails. */
const eventsOf = (text: string): SentEvent[] =>
  text
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
      expect(Object.keys(fields).sort()).toEqual(['data', 'event', 'id']);
      return { event: fields.event, id: Number(fields.id), job: jobSchema.strict().parse(JSON.parse(fields.data)) };
    });

const noFile = () => Promise.reject(new Error('no files here'));

describe('the events of a job', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.stop());

  const submit = async (options: object): Promise<string> => {
    const body = { ...backgroundBody, options: { scripted: options } };
    const response = await gateway.post('/v1/background?provider=scripted', body);
    return ((await response.json()) as JobView).id;
  };
  const follow = (id: string, headers: Record<string, string> = {}) =>
    gateway.fetch(`/v1/jobs/${id}/events`, { headers });

  it('are the job at each change, and end with the final one', async () => {
    const response = await follow(await submit({ seconds: 3 }));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const events = eventsOf(await response.text());
    expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['job']));
    const ids = events.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    const statuses = events.map(({ job }) => job.status);
    expect(statuses).toContain('processing');
    expect(statuses.filter((status) => status === 'succeeded')).toHaveLength(1);
    expect(statuses.at(-1)).toBe('succeeded');
    expect(events.at(-1)?.job.outputs).toHaveLength(1);
    expect(events.some(({ job }) => job.progress === 0.5)).toBe(true);
  });

  it('begin at once, also for a job that has ended, and then it is the only one', async () => {
    const id = await submit({});
    await gateway.ended(id);
    const events = eventsOf(await (await follow(id)).text());
    expect(events).toHaveLength(1);
    expect(events[0]?.job).toMatchObject({ id, status: 'succeeded' });
  });

  it('go on behind Last-Event-ID, without a repeat', async () => {
    const id = await submit({ seconds: 2 });
    const first = await follow(id);
    const reader = first.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!eventsOf(text.slice(0, text.lastIndexOf('\n\n') + 2)).some(({ job }) => job.status === 'processing'))
      text += (await reader?.read())?.value ?? '';
    await reader?.cancel();
    const seen = eventsOf(text.slice(0, text.lastIndexOf('\n\n') + 2)).at(-1)?.id ?? -1;
    const rest = eventsOf(await (await follow(id, { 'last-event-id': String(seen) })).text());
    expect(rest.length).toBeGreaterThan(0);
    expect(Math.min(...rest.map((event) => event.id))).toBeGreaterThan(seen);
    expect(rest.at(-1)?.job.status).toBe('succeeded');
  });

  it('204 when nothing more comes: an EventSource stops asking', async () => {
    const id = await submit({});
    await gateway.ended(id);
    const last = eventsOf(await (await follow(id)).text()).at(-1)?.id;
    const response = await follow(id, { 'last-event-id': String(last) });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
  });

  it('begin anew when Last-Event-ID is no id of this stream', async () => {
    const id = await submit({});
    await gateway.ended(id);
    for (const lastEventId of ['nonsense', '-5', '99999999', ''])
      expect(eventsOf(await (await follow(id, { 'last-event-id': lastEventId })).text())).toHaveLength(1);
  });

  it('tell of a cancel that another process has made', async () => {
    const second = await gateway.another();
    try {
      const id = await submit({ seconds: 60 });
      const following = follow(id).then((response) => response.text());
      await expect.poll(async () => (await gateway.job(id)).status, { timeout: 5_000 }).toBe('processing');
      const canceledAt = performance.now();
      expect((await fetch(`${second.url}/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(200);
      expect(eventsOf(await following).at(-1)?.job.status).toBe('canceled');
      expect(performance.now() - canceledAt).toBeLessThan(2_000);
    } finally {
      await second.stop();
    }
  });

  it('of a job that does not exist are 404', async () => {
    await problemOf(await follow('job_01k9w2m4c8x5e7q3r6t1v0y2z4'), 404, 'not_found');
  });
});

/** The HTTP side alone, on a socket, with one job that never changes. */
const startQuiet = async (heartbeatMs: number) => {
  const telemetry = await createTelemetry('silent', undefined);
  const job = {
    id: 'job_01k9w2m4c8x5e7q3r6t1v0y2z4',
    account: 'anonymous',
    operation: 'relight',
    status: 'processing',
    sequence: 3,
    provider: 'p',
    backend: 'p',
    adjustments: [],
    error: null,
    progress: 0,
    costUsd: null,
    timings: {},
    metadata: {},
    createdAt: new Date(),
    startedAt: new Date(),
    finishedAt: null,
    outputs: [],
  } as unknown as JobRecord;
  let watching = 0;
  let reads = 0;
  const stopping = new AbortController();
  const parts = {
    operations: [],
    telemetry,
    heartbeatMs,
    corsOrigins: [],
    stopping: stopping.signal,
    now: Date.now,
    presenter: createPresenter({ link: noFile, s3Uri: () => null, publicUrl: () => 'http://localhost' }),
    publicUrl: () => 'http://localhost',
    authenticate: () => 'anonymous',
    translate: (error: unknown) => error,
    newRequestId: () => 'req_1',
    serveFile: noFile,
    routing: () => ({ backends: [], routes: {} }),
    store: {
      read: async () => {
        reads += 1;
        return { job, attempts: [], outputs: [] };
      },
    },
    watch: {
      on: () => {
        watching += 1;
        return () => {
          watching -= 1;
        };
      },
    },
  } as unknown as HttpParts;
  const app = createApp(parts, '0.0.0');
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/jobs/${job.id}/events`;
  return {
    url,
    watching: () => watching,
    reads: () => reads,
    shutDown: () => stopping.abort(),
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
};

describe('a stream on which nothing happens', () => {
  it('shows that it lives, and ends with the process', async () => {
    const quiet = await startQuiet(40);
    const response = await fetch(quiet.url);
    setTimeout(quiet.shutDown, 500);
    const text = await response.text();
    expect(eventsOf(text)).toHaveLength(1);
    const beats = text.split('\n\n').filter((block) => block === ': heartbeat').length;
    expect(beats).toBeGreaterThanOrEqual(4);
    expect(beats).toBeLessThanOrEqual(14);
    expect(quiet.watching()).toBe(0);
    await quiet.stop();
  });

  it('is let go of when the reader has gone: no watcher, no more reading', async () => {
    const quiet = await startQuiet(60_000);
    const leaving = new AbortController();
    const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(quiet.url, { signal: leaving.signal })));
    await Promise.all(responses.map((response) => response.body?.getReader().read()));
    expect(quiet.watching()).toBe(20);
    leaving.abort();
    await expect.poll(quiet.watching, { timeout: 3_000 }).toBe(0);
    const reads = quiet.reads();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(quiet.reads()).toBe(reads);
    await quiet.stop();
  });
});
