import { rename } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, afterEach, expect, it } from 'vitest';
import { nameOf } from '../../../../src/platform/database/embedded/launch.ts';
import { dataOf, openWorkshop, postmasterPid, processesOf, query, until } from './support.ts';

const workshop = openWorkshop();
afterEach(() => workshop.clear());
afterAll(() => workshop.removeSeed());

const answers = async (config: pg.ClientConfig) => (await query(config, 'select 1 as one')).length === 1;

it('brings a killed server back at the same address, time and again, and loses no commit', async () => {
  const dataDir = await workshop.usedFolder();
  const { poolConfig } = await workshop.start(dataDir);
  const pool = new pg.Pool({ ...poolConfig, max: 4 });
  pool.on('error', () => {});
  await pool.query('create table note (round int)');
  for (let round = 1; round <= 6; round++) {
    await until(() => pool.query('insert into note values ($1)', [round]).then(() => true));
    process.kill(await postmasterPid(dataDir), 'SIGKILL');
    await until(() => answers(poolConfig));
  }
  expect((await pool.query('select distinct round from note order by 1')).rows).toHaveLength(6);
  await pool.end();
});

it('brings it back when a busy backend of the killed server does not notice', async () => {
  const dataDir = await workshop.usedFolder();
  const { poolConfig } = await workshop.start(dataDir);
  const busy = query(poolConfig, `do $$ begin perform sum(n) from generate_series(1, 2000000000) n; end $$`).catch(
    () => {},
  );
  await until(
    async () => (await query(poolConfig, `select 1 from pg_stat_activity where query like 'do %'`)).length > 0,
  );
  process.kill(await postmasterPid(dataDir), 'SIGKILL');
  const begun = performance.now();
  await until(() => answers(poolConfig));
  expect(performance.now() - begun).toBeLessThan(5_000);
  await busy;
});

it('comes through the crash of a backend, which makes the server end all others', async () => {
  const dataDir = await workshop.usedFolder();
  const lost: Error[] = [];
  const { poolConfig } = await workshop.start(dataDir, { onLost: (error) => lost.push(error) });
  const server = await postmasterPid(dataDir);
  const client = new pg.Client(poolConfig);
  client.on('error', () => {});
  await client.connect();
  const backend = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  process.kill(backend.rows[0]?.pid ?? 0, 'SIGKILL');
  await until(() =>
    client.query('select 1').then(
      () => false,
      () => true,
    ),
  );
  await until(() => answers(poolConfig));
  expect(await postmasterPid(dataDir)).toBe(server);
  // The folder is held again.
  await until(async () => (await workshop.gateway({ dataDir })).report.error?.code === 'held');
  expect(lost).toEqual([]);
});

it('also watches a server that it did not start itself', async () => {
  const dataDir = await workshop.usedFolder();
  (await workshop.gateway({ dataDir })).process.kill('SIGKILL');
  const { poolConfig } = await workshop.start(dataDir);
  process.kill(await postmasterPid(dataDir), 'SIGKILL');
  await until(() => answers(poolConfig));
});

it('tells once when the server cannot be brought back', async () => {
  const dataDir = await workshop.usedFolder();
  const lost: Error[] = [];
  await workshop.start(dataDir, { onLost: (error) => lost.push(error) });
  const server = await postmasterPid(dataDir);
  await rename(dataOf(dataDir), `${dataOf(dataDir)}-gone`);
  process.kill(server, 'SIGKILL');
  await until(async () => lost.length > 0, 20_000);
  expect(lost).toHaveLength(1);
  expect(lost[0]?.message).toContain('does not run');
});

it('gives up a folder that another gateway has taken meanwhile', async () => {
  const dataDir = await workshop.usedFolder();
  const lost: Error[] = [];
  const { poolConfig } = await workshop.start(dataDir, { onLost: (error) => lost.push(error) });
  // Our connection breaks, and another is quicker to take the lock.
  await query(
    poolConfig,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like 'restage holder%'`,
  );
  const other = await workshop.gateway({ dataDir });
  await until(async () => lost.length > 0 || other.report.error !== undefined);
  if (other.report.poolConfig) expect(lost[0]).toMatchObject({ code: 'held' });
  else expect(lost).toEqual([]);
});

it('stops in the middle of a recovery and leaves nothing behind', async () => {
  const dataDir = await workshop.usedFolder();
  const { stop, poolConfig } = await workshop.start(dataDir);
  process.kill(await postmasterPid(dataDir), 'SIGKILL');
  await until(() =>
    answers(poolConfig).then(
      () => false,
      () => true,
    ),
  );
  await Promise.all([stop(), stop()]);
  const name = nameOf({ folder: '', logFile: '', password: '', data: dataOf(dataDir) });
  await until(async () => (await processesOf(dataDir)).length + (await processesOf(name)).length === 0, 3_000);
});
