import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { crash, dataOf, openWorkshop, postmasterPid, processesOf, query } from './support.ts';

const workshop = openWorkshop();
afterEach(() => workshop.clear());
afterAll(() => workshop.removeSeed());

it('refuses a second gateway at once and names the one that holds the folder', async () => {
  const dataDir = await workshop.usedFolder();
  const { pid } = await workshop.gateway({ dataDir });

  const begun = performance.now();
  const refused = workshop.start(dataDir);
  await expect(refused).rejects.toMatchObject({ code: 'held' });
  expect(performance.now() - begun).toBeLessThan(2_000);
  await expect(refused).rejects.toThrow(`process id ${pid} on ${hostname().slice(0, 20)}`);
  await expect(refused).rejects.toThrow(/runs since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/);
});

it('leaves the server of the holder alone when it is refused', async () => {
  const dataDir = await workshop.usedFolder();
  const { poolConfig } = await workshop.start(dataDir);
  const server = await postmasterPid(dataDir);
  expect((await workshop.gateway({ dataDir })).report.error?.code).toBe('held');
  expect(await postmasterPid(dataDir)).toBe(server);
  expect(await query(poolConfig, 'select 1 as one')).toEqual([{ one: 1 }]);
});

it('lets the next gateway in as soon as the holder has stopped', async () => {
  const dataDir = await workshop.usedFolder();
  const { stop } = await workshop.start(dataDir);
  const stopping = stop();
  const next = workshop.start(dataDir).catch((error) => error);
  await stopping;
  // Refused while the first still held it, or in afterwards; never in a state between.
  const outcome = await next;
  if (outcome.code !== 'held') expect(await query(outcome.poolConfig, 'select 1 as one')).toEqual([{ one: 1 }]);
  else expect(await query((await workshop.start(dataDir)).poolConfig, 'select 1 as one')).toEqual([{ one: 1 }]);
});

it('takes over the server of a gateway that was killed, and ends it in the end', async () => {
  const dataDir = await workshop.usedFolder();
  const killed = await workshop.gateway({ dataDir });
  const server = await postmasterPid(dataDir);
  await query(killed.report.poolConfig ?? {}, 'create table note (text text)');
  await crash(killed);
  expect(await postmasterPid(dataDir)).toBe(server);

  const { poolConfig, stop } = await workshop.start(dataDir);
  expect(await postmasterPid(dataDir)).toBe(server);
  expect(await query(poolConfig, 'select * from note')).toEqual([]);
  await stop();
  expect(await processesOf(dataDir)).toEqual([]);
});

it('starts when server and gateway were killed together', async () => {
  const dataDir = await workshop.usedFolder();
  const killed = await workshop.gateway({ dataDir });
  await query(killed.report.poolConfig ?? {}, `create table note (text text); insert into note values ('kept')`);
  process.kill(await postmasterPid(dataDir), 'SIGKILL');
  await crash(killed);

  const { poolConfig } = await workshop.start(dataDir);
  expect(await query(poolConfig, 'select text from note')).toEqual([{ text: 'kept' }]);
});

it('replaces a server that does not answer any more', { timeout: 60_000 }, async () => {
  const dataDir = await workshop.usedFolder();
  const killed = await workshop.gateway({ dataDir });
  const hung = await postmasterPid(dataDir);
  process.kill(hung, 'SIGSTOP');
  await crash(killed);

  const { poolConfig } = await workshop.start(dataDir);
  expect(await query(poolConfig, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(await postmasterPid(dataDir)).not.toBe(hung);
});

it('is not misled by an old pid file whose number belongs to another process now', async () => {
  const dataDir = await workshop.usedFolder();
  const { poolConfig, stop } = await workshop.start(dataDir);
  await stop();
  const stranger = await workshop.gateway({ dataDir: await workshop.usedFolder() });
  const lines = [stranger.pid, dataOf(dataDir), 1_700_000_000, 5432, poolConfig.host, '', '', 'ready   '];
  await writeFile(join(dataOf(dataDir), 'postmaster.pid'), `${lines.join('\n')}\n`, { mode: 0o600 });
  await writeFile(join(poolConfig.host, '.s.PGSQL.5432.lock'), `${lines.join('\n')}\n`, { mode: 0o600 });

  const again = await workshop.start(dataDir);
  expect(await query(again.poolConfig, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(stranger.process.exitCode).toBeNull();
});

it('keeps the server through a Ctrl-C and a SIGTERM, for the gateway drains first', async () => {
  const dataDir = await workshop.usedFolder();
  const gateway = await workshop.gateway({ dataDir });
  const server = await postmasterPid(dataDir);
  process.kill(-gateway.pid, 'SIGINT');
  process.kill(-gateway.pid, 'SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await query(gateway.report.poolConfig ?? {}, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(await postmasterPid(dataDir)).toBe(server);

  const ended = new Promise((resolve) => gateway.process.once('exit', resolve));
  gateway.process.stdin?.write('stop\n');
  expect(await ended).toBe(0);
  expect(await processesOf(dataDir)).toEqual([]);
});
