import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { dataOf, folderName, openWorkshop, postmasterPid, processesOf, query } from './support.ts';

const workshop = openWorkshop();
afterEach(() => workshop.clear());
afterAll(() => workshop.removeSeed());

it('makes a database that keeps its rows over a restart', async () => {
  const dataDir = await workshop.folder();
  const first = await workshop.start(dataDir);
  await query(first.poolConfig, `create table note (text text); insert into note values ('kept')`);
  await first.stop();
  expect(await processesOf(dataDir)).toEqual([]);

  const second = await workshop.start(dataDir);
  expect(await query(second.poolConfig, 'select text from note')).toEqual([{ text: 'kept' }]);
});

it('keeps every commit durably, as UTF-8, with checksums', async () => {
  const { poolConfig } = await workshop.start(await workshop.folder());
  const rows = await query(
    poolConfig,
    `select name, setting from pg_settings where name in
     ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'server_encoding', 'lc_messages') order by name`,
  );
  expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
    data_checksums: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    lc_messages: 'C',
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
  });
  expect(await query(poolConfig, 'select datcollate from pg_database where datname = current_database()')).toEqual([
    { datcollate: 'C' },
  ]);
});

it('lets in nobody without the password, and shows the password to nobody', async () => {
  const dataDir = await workshop.usedFolder();
  const { poolConfig } = await workshop.start(dataDir);
  const folder = join(dataDir, folderName);

  await expect(query({ ...poolConfig, password: 'guess' }, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'password'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, '.s.PGSQL.5432'))).mode & 0o777).toBe(0o700);
  for (const file of [join(folder, 'server.log'), `/proc/${await postmasterPid(dataDir)}/cmdline`]) {
    expect(await readFile(file, 'utf8')).not.toContain(poolConfig.password);
  }
});

it('inherits nothing of our environment', async () => {
  process.env.PLANTED_API_KEY = 'planted-secret';
  process.env.PGOPTIONS = '--search_path=nowhere';
  try {
    const dataDir = await workshop.usedFolder();
    await workshop.start(dataDir);
    const environment = await readFile(`/proc/${await postmasterPid(dataDir)}/environ`, 'utf8');
    expect(environment).not.toMatch(/planted-secret|PGOPTIONS/);
  } finally {
    delete process.env.PLANTED_API_KEY;
    delete process.env.PGOPTIONS;
  }
});

it('listens on loopback when the path is too long for a socket', async () => {
  const dataDir = join(await workshop.folder(), 'a-folder-with-a-long-name'.repeat(4));
  const first = await workshop.start(dataDir);
  expect(first.poolConfig.host).toBe('127.0.0.1');
  expect(first.poolConfig.port).toBeGreaterThan(1024);
  await query(first.poolConfig, `create table note (text text)`);
  expect(await query(first.poolConfig, 'show unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);

  const second = await workshop.gateway({ dataDir });
  expect(second.report.error?.message).toContain(`process id ${process.pid} `);
  await first.stop();
  const third = await workshop.start(dataDir);
  expect(await query(third.poolConfig, 'select * from note')).toEqual([]);
});

it('works in a folder whose name needs quoting', async () => {
  const dataDir = join(await workshop.folder(), `it's "so", Ünï`);
  const { poolConfig } = await workshop.start(dataDir);
  expect(await query(poolConfig, 'select 1 as one')).toEqual([{ one: 1 }]);
});

it('starts beside the remains of a first start that was cut off, and removes them', async () => {
  const dataDir = await workshop.folder();
  const remains = join(dataDir, `${folderName}.partial-abc123`);
  await mkdir(join(remains, 'cluster', 'base'), { recursive: true });
  await writeFile(join(remains, 'cluster', 'PG_VERSION'), '18\n');

  const { poolConfig } = await workshop.start(dataDir);
  expect(await query(poolConfig, 'select 1 as one')).toEqual([{ one: 1 }]);
  await expect(stat(remains)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('makes the folder once when two gateways start at the same time, and one of them is refused', async () => {
  const dataDir = await workshop.folder();
  const reports = (await Promise.all([1, 2, 3].map(() => workshop.gateway({ dataDir })))).map(({ report }) => report);
  expect(reports.filter(({ poolConfig }) => poolConfig)).toHaveLength(1);
  expect(reports.flatMap(({ error }) => error?.code ?? [])).toEqual(['held', 'held']);
});

it('does not start empty beside data of another major version', async () => {
  const dataDir = await workshop.folder();
  await mkdir(join(dataDir, 'postgres-17'));
  await expect(workshop.start(dataDir)).rejects.toMatchObject({
    code: 'other_version',
    message: expect.stringContaining('postgres-17'),
  });
});

it('says what the server says when it cannot start', async () => {
  const dataDir = await workshop.usedFolder();
  const { stop } = await workshop.start(dataDir);
  await stop();
  await writeFile(join(dataOf(dataDir), 'PG_VERSION'), '12\n');
  await expect(workshop.start(dataDir)).rejects.toMatchObject({
    code: 'failed',
    message: expect.stringContaining('incompatible with server'),
  });
});
