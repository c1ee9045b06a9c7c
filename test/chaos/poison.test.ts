import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ScriptedServer, startScriptedServer } from '../emulators/scripted-server.ts';
import { submitUntilAccepted, waitForEnd } from './load.ts';
import { freePort, type KillableProcess, spawnGateway } from './processes.ts';

let upstream: ScriptedServer;
let dataDir: string;
let gateway: KillableProcess;
let environment: Record<string, string>;
let stopping = false;
let starts = 0;

beforeAll(async () => {
  upstream = await startScriptedServer();
  dataDir = await mkdtemp(join(tmpdir(), 'restage-poison-'));
  environment = { DATA_DIR: dataDir, PORT: await freePort(), SCRIPTED_URL: upstream.url };
  await startAgainAndAgain();
});

afterAll(async () => {
  stopping = true;
  await gateway.kill('SIGTERM');
  await upstream.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** As a process manager does. */
const startAgainAndAgain = async (): Promise<void> => {
  starts += 1;
  gateway = await spawnGateway(environment);
  gateway.child.once('exit', () => {
    if (!stopping) void startAgainAndAgain();
  });
};

it.each([
  ['crash_start', 'provider_error'],
  ['crash_check', 'internal'],
])(
  'gives up a job that takes the process down each time (%s), and the others go on',
  async (fault, code) => {
    const url = `http://127.0.0.1:${environment.PORT}`;
    const until = Date.now() + 90_000;
    const before = starts;
    const submit = (provider: string, faults: string[], key: string): Promise<string> =>
      submitUntilAccepted(url, { key: `${fault}-${key}`, provider, faults, seconds: 0 }, until);
    const poison = await submit('scripted-idempotent', [fault], 'poison');
    const others = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => submit('scripted-lookup', [], key)));
    const jobs = await waitForEnd(url, [poison, ...others], until);
    expect(jobs.find(({ id }) => id === poison)).toMatchObject({ status: 'failed', error: { code } });
    expect(jobs.filter(({ id, status }) => id !== poison && status !== 'succeeded')).toEqual([]);
    expect(starts - before).toBeGreaterThan(1);
    expect(starts - before).toBeLessThan(8);
  },
  120_000,
);
