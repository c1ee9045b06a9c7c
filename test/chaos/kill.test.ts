/**
 * SIGKILL of the gateway, and of the database server, every few seconds under load. `CHAOS_JOBS` sets how many jobs
 * (500). The upstream and its ledger live in this process and are never killed: they are the truth.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedServer, startScriptedServer } from '../emulators/scripted-server.ts';
import { type ChaosJob, mixedJobs, submitUntilAccepted, waitForEnd } from './load.ts';
import { freePort, type KillableProcess, spawnGateway } from './processes.ts';

const count = Number(process.env.CHAOS_JOBS ?? 500);
const minutes = 60_000;

let dataDir: string;
let upstream: ScriptedServer;
let gateway: KillableProcess;
let environment: Record<string, string>;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'restage-chaos-'));
  upstream = await startScriptedServer();
  environment = { DATA_DIR: dataDir, PORT: await freePort(), SCRIPTED_URL: upstream.url };
  gateway = await spawnGateway(environment);
});

afterEach(async () => {
  await gateway.kill('SIGTERM');
  await upstream.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Under the load, strikes every 2 to 5 s until all jobs are accepted, and a few times more. */
const chaos = async (strike: () => Promise<void>): Promise<{ strikes: number; ids: string[] }> => {
  const url = `http://127.0.0.1:${environment.PORT}`;
  const jobs = mixedJobs(count);
  const until = Date.now() + 4 * minutes;
  const left: ChaosJob[] = [...jobs];
  const ids: string[] = [];
  const sender = async (): Promise<void> => {
    for (let job = left.shift(); job; job = left.shift()) {
      ids.push(await submitUntilAccepted(url, job, until));
      // Spread over the chaos, so that every moment of a job's life is struck.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const sent = Promise.all(Array.from({ length: 4 }, sender));
  let strikes = 0;
  let sending = true;
  void sent.finally(() => {
    sending = false;
  });
  for (let more = 3; sending || more > 0; more -= sending ? 0 : 1) {
    await new Promise((resolve) => setTimeout(resolve, 2_000 + Math.random() * 3_000));
    await strike();
    strikes += 1;
  }
  await sent;
  return { strikes, ids };
};

const audit = async (ids: readonly string[], strikes: number): Promise<void> => {
  const url = `http://127.0.0.1:${environment.PORT}`;
  const jobs = await waitForEnd(url, ids, Date.now() + 4 * minutes);
  expect(new Set(ids).size, 'one job for each key').toBe(count);
  const twice = [...upstream.bought()].filter(([, times]) => times > 1);
  expect(twice, 'bought twice').toEqual([]);
  const outcomes = Map.groupBy(jobs, ({ status, error }) => error?.code ?? status);
  console.log(
    `chaos: ${strikes} strikes, ${[...outcomes].map(([name, list]) => `${list.length} ${name}`).join(', ')}, ${upstream.bought().size} purchases`,
  );
  // Only those whose purchase was interrupted at a service that cannot be asked may be lost to doubt; and a job that
  // happened to be at work in several crashes in a row is given up, as a poisonous one would be.
  const givenUp = jobs.filter(({ error }) => error?.code === 'provider_error' || error?.code === 'internal');
  expect(givenUp.length).toBeLessThanOrEqual(count * 0.02);
  for (const job of jobs) {
    if (job.status === 'succeeded' || givenUp.includes(job)) continue;
    expect(job.error?.code, JSON.stringify(job)).toBe('outcome_unknown');
    expect(job.provider).toBe('scripted');
  }
  expect(outcomes.get('succeeded')?.length ?? 0).toBeGreaterThan(count * 0.8);
};

describe('kill -9 every few seconds', () => {
  it(
    'of the gateway: every accepted job ends, none is lost, none is bought twice',
    async () => {
      const { strikes, ids } = await chaos(async () => {
        await gateway.kill('SIGKILL');
        gateway = await spawnGateway(environment);
      });
      await audit(ids, strikes);
    },
    9 * minutes,
  );

  it(
    'of the database server: the same',
    async () => {
      const { strikes, ids } = await chaos(async () => {
        const pidFile = await readFile(join(dataDir, 'postgres-18', 'cluster', 'postmaster.pid'), 'utf8').catch(
          () => '',
        );
        const pid = Number(pidFile.split('\n')[0]);
        if (pid > 1) killIfThere(pid);
      });
      await audit(ids, strikes);
    },
    9 * minutes,
  );
});

/** The server may just be coming back. */
const killIfThere = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
