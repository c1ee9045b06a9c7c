import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/operations/job.ts';
import { type ScriptedServer, startScriptedServer } from '../emulators/scripted-server.ts';
import { backgroundBody } from '../http/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type GatewayProcess, startGatewayProcess } from './process.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: { key: string; value: { stringValue?: string } }[];
}

/** An OpenTelemetry collector, as far as it takes OTLP over HTTP in JSON. */
const startCollector = async (): Promise<{ url: string; spans: Span[]; server: Server }> => {
  const spans: Span[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url === '/v1/traces' && request.headers['content-type'] === 'application/json') {
      const sent = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
      for (const { scopeSpans } of sent.resourceSpans) for (const each of scopeSpans) spans.push(...each.spans);
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, server };
};

let database: TestDatabase;
let upstream: ScriptedServer;
let collector: Awaited<ReturnType<typeof startCollector>>;
let api: GatewayProcess;
let worker: GatewayProcess;
let dataDir: string;
beforeAll(async () => {
  [database, upstream, collector, dataDir] = await Promise.all([
    createTestDatabase(),
    startScriptedServer(),
    startCollector(),
    mkdtemp(join(tmpdir(), 'restage-tracing-')),
  ]);
  const environment = {
    DATABASE_URL: database.url,
    SCRIPTED_URL: upstream.url,
    DATA_DIR: dataDir,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  };
  api = await startGatewayProcess({ ...environment, ROLE: 'api' });
  worker = await startGatewayProcess({ ...environment, ROLE: 'worker' });
});
afterAll(async () => {
  await Promise.all([api?.stop(), worker?.stop()]);
  collector?.server.close();
  await upstream?.close();
  await database?.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const submit = async (headers: Record<string, string> = {}): Promise<string> => {
  const response = await fetch(`${api.url}/v1/background?provider=scripted`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=20', ...headers },
    body: JSON.stringify(backgroundBody),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as JobView).id;
};
const ofJob = (id: string): Span[] =>
  collector.spans.filter(({ attributes }) =>
    attributes.some(({ key, value }) => key === 'restage.job' && value.stringValue === id),
  );

describe('the trace of a job', () => {
  it('leads from the request in one process through the queue to every step in another', async () => {
    const id = await submit();
    const names = () => [...new Set(ofJob(id).map(({ name }) => name))];
    await expect
      .poll(names, { timeout: 15_000 })
      .toEqual(
        expect.arrayContaining([
          'job begin',
          'job prepare',
          'job start',
          'job check',
          'job collect',
          'job settle',
          'job tidy',
        ]),
      );
    const [traceId] = new Set(ofJob(id).map((span) => span.traceId));
    expect(new Set(ofJob(id).map((span) => span.traceId)).size).toBe(1);
    const accepting = () =>
      collector.spans.filter((span) => span.traceId === traceId && span.name === 'POST /v1/background');
    await expect.poll(() => accepting().length, { timeout: 10_000 }).toBe(1);
    for (const span of ofJob(id)) expect(span.parentSpanId).toBe(accepting()[0]?.spanId);
  });

  it('goes on the trace of the caller', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const id = await submit({ traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    await expect.poll(() => ofJob(id).length, { timeout: 15_000 }).toBeGreaterThan(4);
    expect(new Set(ofJob(id).map((span) => span.traceId))).toEqual(new Set([traceId]));
  });

  it('of another job is another', async () => {
    const ids = [await submit(), await submit({ traceparent: 'nonsense' })];
    for (const id of ids) await expect.poll(() => ofJob(id).length, { timeout: 15_000 }).toBeGreaterThan(4);
    const traces = ids.map((id) => ofJob(id)[0]?.traceId);
    expect(new Set(traces).size).toBe(2);
    for (const trace of traces) expect(trace).toMatch(/^[0-9a-f]{32}$/);
  });
});
