import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { EmbeddedError } from './errors.ts';
import { findPrivileges, type Way } from './privileges.ts';

/** What is in `<dataDir>/postgres-<major>`: it appears whole or not at all. */
export interface Cluster {
  readonly folder: string;
  /** The data folder of PostgreSQL. */
  readonly data: string;
  readonly logFile: string;
  readonly password: string;
}

export const superuser = 'restage';
const run = promisify(execFile);
const initialiseTimeoutMs = 120_000;
const partialMark = '.partial-';

/** Makes the data folder on the first start. Any number of processes may call it at once: one folder wins. */
export const openCluster = async (dataDir: string, binaries: Binaries, way?: Way): Promise<Cluster> => {
  const folder = join(dataDir, `postgres-${binaries.major}`);
  if (!(await exists(folder))) {
    await refuseOtherVersions(dataDir, binaries.major);
    await createCluster(dataDir, folder, binaries, way);
  }
  return {
    folder,
    data: join(folder, 'cluster'),
    logFile: join(folder, 'server.log'),
    password: await readPassword(join(folder, 'password')),
  };
};

/** One name for the folder however it was reached, for it tells the server's processes from those of others. */
export const openDataDir = async (dataDir: string): Promise<string> => {
  await mkdir(resolve(dataDir), { recursive: true });
  return realpath(resolve(dataDir));
};

/** What crashes in the middle of the first start left behind. */
export const removePartials = async (dataDir: string, major: number): Promise<void> => {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(`postgres-${major}${partialMark}`)) continue;
    // An initdb that outlived its gateway may still write there; then the next start removes it.
    await rm(join(dataDir, name), { recursive: true, force: true }).catch(() => {});
  }
};

const createCluster = async (dataDir: string, folder: string, binaries: Binaries, way?: Way): Promise<void> => {
  const partial = await mkdtemp(`${folder}${partialMark}`);
  try {
    const { wrap, owner } = await findPrivileges(binaries, partial, way);
    const passwordFile = join(partial, 'password');
    await writeDurably(passwordFile, randomBytes(32).toString('base64url'));
    if (owner) await chown(passwordFile, owner.uid, owner.gid);
    const { program, parameters, user } = wrap(binaries.initdb, initialise(join(partial, 'cluster'), passwordFile));
    await run(program, parameters, { ...user, env: binaries.environment, timeout: initialiseTimeoutMs });
    await syncFolder(partial);
    await rename(partial, folder);
    await syncFolder(dataDir);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another gateway was quicker; its lock decides what comes next.
    if (await exists(folder)) return;
    if (error instanceof EmbeddedError) throw error;
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new EmbeddedError(
      'failed',
      `The embedded PostgreSQL could not make its data folder: ${stderr?.trim() || message}. DATABASE_URL names another server.`,
      {
        cause: error,
      },
    );
  }
};

/** initdb writes its files through to the disk itself. */
const initialise = (data: string, passwordFile: string): string[] => [
  `--pgdata=${data}`,
  `--username=${superuser}`,
  `--pwfile=${passwordFile}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--no-instructions',
];

/** A new version would start empty beside the old one's data, and the jobs would seem lost. */
const refuseOtherVersions = async (dataDir: string, major: number): Promise<void> => {
  const other = (await readdir(dataDir)).find((name) => /^postgres-\d+$/.test(name));
  if (!other) return;
  throw new EmbeddedError(
    'other_version',
    `${join(dataDir, other)} was written by another major version of PostgreSQL than this one (${major}), which cannot read it. ` +
      'Dump it with the version of Restage that wrote it and restore it here, or move the folder away to start empty.',
  );
};

const readPassword = async (file: string): Promise<string> => {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new EmbeddedError(
      'not_ours',
      `The embedded database cannot be opened: ${(cause as Error).message}. Start the gateway as the user whom the folder belongs to.`,
      { cause },
    );
  }
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const writeDurably = async (path: string, text: string): Promise<void> => {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(text);
  await file.sync();
};

const syncFolder = async (path: string): Promise<void> => {
  // Windows cannot open a folder, and does not need it.
  if (process.platform === 'win32') return;
  await using folder = await open(path, 'r');
  await folder.sync();
};
