import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobView } from '../../src/operations/job.ts';
import { type ScriptedServer, startScriptedServer } from '../emulators/scripted-server.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { tinyPng } from '../support/gateway.ts';
import { waitForEnd } from './load.ts';
import { freePort, type KillableProcess, spawnGateway } from './processes.ts';

let database: TestDatabase;
let upstream: ScriptedServer;
let dataDir: string;
const processes: KillableProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  upstream = await startScriptedServer();
  dataDir = await mkdtemp(join(tmpdir(), 'restage-takeover-'));
});

afterAll(async () => {
  for (const each of processes) await each.kill('SIGTERM');
  await upstream.close();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const start = async (role: string): Promise<{ process: KillableProcess; url: string }> => {
  const port = await freePort();
  const process = await spawnGateway({
    ROLE: role,
    PORT: port,
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    SCRIPTED_URL: upstream.url,
  });
  processes.push(process);
  return { process, url: `http://127.0.0.1:${port}` };
};

const submit = async (url: string, provider: string, options: object): Promise<string> => {
  const body = JSON.stringify({ image: tinyPng, background: { color: 'red' }, options: { [provider]: options } });
  const response = await fetch(`${url}/v1/background?provider=${provider}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as JobView).id;
};

it('goes on within 90 s with the jobs of a worker that was killed in the middle of a start, and buys nothing twice', async () => {
  const api = await start('api');
  const first = await start('worker');
  const ids = await Promise.all([
    submit(api.url, 'scripted', { faults: ['hang'] }),
    submit(api.url, 'scripted-lookup', { faults: ['hang:1'] }),
    submit(api.url, 'scripted-idempotent', { faults: ['hang:1'] }),
    submit(api.url, 'scripted', { seconds: 5 }),
  ]);
  await expect.poll(() => upstream.bought().size, { timeout: 15_000 }).toBe(4);
  await first.process.kill('SIGKILL');
  processes.splice(processes.indexOf(first.process), 1);
  const killedAt = Date.now();
  await start('worker');
  const jobs = await waitForEnd(api.url, ids, Date.now() + 90_000);
  console.log(`a killed worker's jobs ended after ${Date.now() - killedAt} ms`);

  const byId = new Map(jobs.map((job) => [job.id, job]));
  expect(byId.get(ids[0] ?? '')).toMatchObject({ status: 'failed', error: { code: 'outcome_unknown' } });
  for (const id of ids.slice(1)) expect(byId.get(id)?.status).toBe('succeeded');
  expect([...upstream.bought().values()]).toEqual([1, 1, 1, 1]);
}, 150_000);

it('shares the work of one database, and SIGTERM hands back what runs within 25 s', async () => {
  const api = await start('api');
  await start('worker');
  const second = await start('worker');
  const ids = await Promise.all(
    Array.from({ length: 24 }, (_, index) => submit(api.url, 'scripted', { seconds: index % 3 })),
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  const asked = Date.now();
  await second.process.kill('SIGTERM');
  processes.splice(processes.indexOf(second.process), 1);
  expect(Date.now() - asked).toBeLessThan(25_000);
  expect(second.process.child.exitCode).toBe(0);
  const jobs = await waitForEnd(api.url, ids, Date.now() + 60_000);
  expect(jobs.filter(({ status }) => status !== 'succeeded')).toEqual([]);
}, 120_000);
