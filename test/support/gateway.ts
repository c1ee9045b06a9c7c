import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseGatewayConfig } from '../../src/config.ts';
import { startGateway } from '../../src/gateway.ts';
import type { JobView } from '../../src/operations/job.ts';
import type { Provider } from '../../src/provider.ts';
import { type ScriptedServer, startScriptedServer } from '../emulators/scripted-server.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { scriptedProviders } from './scripted/provider.ts';

export interface TestGateway {
  readonly url: string;
  readonly database: TestDatabase;
  readonly upstream: ScriptedServer;
  readonly dataDir: string;
  /** Another process's worth of gateway on the same database and files. */
  another(environment?: Record<string, string>): Promise<{ url: string; stop(): Promise<void> }>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  job(jobId: string): Promise<JobView>;
  /** Reads until the job has ended. */
  ended(jobId: string, timeoutMs?: number): Promise<JobView>;
  stop(): Promise<void>;
}

interface TestGatewayOptions {
  readonly environment?: Record<string, string>;
  readonly providers?: readonly Provider[];
  readonly config?: unknown;
}

/** A whole gateway on a real database and a real socket, with the scripted providers. */
export const startTestGateway = async ({
  environment = {},
  providers = scriptedProviders,
  config = {},
}: TestGatewayOptions = {}): Promise<TestGateway> => {
  const [database, upstream, dataDir] = await Promise.all([
    createTestDatabase(),
    startScriptedServer(),
    mkdtemp(join(tmpdir(), 'restage-test-')),
  ]);
  const start = (more: Record<string, string> = {}) =>
    startGateway({
      environment: {
        PORT: '0',
        DATA_DIR: dataDir,
        DATABASE_URL: database.url,
        SCRIPTED_URL: upstream.url,
        LOG_LEVEL: 'silent',
        ...environment,
        ...more,
      },
      config: parseGatewayConfig(config, 'gateway.yaml'),
      providers,
      version: '0.0.0-test',
    });
  const main = await start();
  const url = main.url ?? '';
  const request = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${url}${path}`, init);
  return {
    url,
    database,
    upstream,
    dataDir,
    another: async (more) => {
      const gateway = await start(more);
      return { url: gateway.url ?? '', stop: gateway.stop };
    },
    fetch: request,
    post: (path, body, headers = {}) =>
      request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    job: async (jobId) => (await (await request(`/v1/jobs/${jobId}`)).json()) as JobView,
    ended: async (jobId, timeoutMs = 20_000) => {
      const until = Date.now() + timeoutMs;
      for (;;) {
        const job = (await (await request(`/v1/jobs/${jobId}`)).json()) as JobView;
        if (job.finished_at !== null) return job;
        if (Date.now() > until) throw new Error(`job ${jobId} has not ended: ${JSON.stringify(job)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop: async () => {
      await main.stop();
      await upstream.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

/** A small picture as a `data:` URI: the cheapest input. */
export const tinyPng =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
