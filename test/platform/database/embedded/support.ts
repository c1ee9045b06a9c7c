import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { endPostmaster, findPostmaster } from '../../../../src/platform/database/embedded/postmaster.ts';
import {
  type EmbeddedOptions,
  type EmbeddedPoolConfig,
  type EmbeddedServer,
  startEmbedded,
} from '../../../../src/platform/database/embedded/server.ts';

const run = promisify(execFile);
export const isRoot = process.getuid?.() === 0;
export const folderName = 'postgres-18';
export const dataOf = (dataDir: string): string => join(dataDir, folderName, 'cluster');

export interface Gateway {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly report: Report;
}

interface Report {
  readonly poolConfig?: EmbeddedPoolConfig;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Everything that a test starts, so that nothing of it is left. */
export const openWorkshop = () => {
  const folders: string[] = [];
  const servers: EmbeddedServer[] = [];
  const gateways: ChildProcess[] = [];
  let seeded: Promise<string> | undefined;

  const makeSeed = async (): Promise<string> => {
    const dataDir = await mkdtemp(join(tmpdir(), 'restage-embedded-seed-'));
    await (await startEmbedded({ dataDir, log: silent })).stop();
    return dataDir;
  };
  const seed = () => (seeded ??= makeSeed());

  return {
    async folder(parent = tmpdir()): Promise<string> {
      await mkdir(parent, { recursive: true });
      const folder = await mkdtemp(join(parent, 'restage-embedded-'));
      folders.push(folder);
      return folder;
    },
    /** A folder that has been used before, which saves the time of a first start. */
    async usedFolder(): Promise<string> {
      const folder = await this.folder();
      await run('cp', ['-a', '--reflink=auto', `${await seed()}/.`, folder]);
      return folder;
    },
    async start(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServer> {
      const server = await startEmbedded({ dataDir, log: silent, ...options });
      servers.push(server);
      return server;
    },
    /** A second process, by way of `wrapper` if there is one. */
    async gateway(
      options: Pick<EmbeddedOptions, 'dataDir' | 'way' | 'binaries'>,
      wrapper: string[] = [],
    ): Promise<Gateway> {
      const script = fileURLToPath(new URL('./gateway.ts', import.meta.url));
      const [program = '', ...parameters] = [...wrapper, process.execPath, script, JSON.stringify(options)];
      const child = spawn(program, parameters, { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
      gateways.push(child);
      const [line] = await once(createInterface(child.stdout), 'line');
      return { process: child, pid: child.pid ?? 0, report: JSON.parse(line) };
    },
    async removeSeed(): Promise<void> {
      if (seeded) await rm(await seeded, { recursive: true, force: true });
    },
    async clear(): Promise<void> {
      for (const child of gateways.splice(0)) child.kill('SIGKILL');
      for (const server of servers.splice(0)) await server.stop();
      for (const folder of folders.splice(0)) {
        const server = await findPostmaster(dataOf(folder));
        if (server) await endPostmaster(server.pid, dataOf(folder), 0);
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
};

const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** Ends a process as a crash would, and waits until the kernel is done with it. */
export const crash = async (gateway: Gateway): Promise<void> => {
  const ended = once(gateway.process, 'exit');
  gateway.process.kill('SIGKILL');
  await ended;
};

export const query = async <Row extends pg.QueryResultRow>(
  config: pg.ClientConfig,
  statement: string,
): Promise<Row[]> => {
  const client = new pg.Client(config);
  client.on('error', () => {});
  await client.connect();
  return client
    .query<Row>(statement)
    .then(({ rows }) => rows)
    .finally(() => client.end());
};

export const postmasterPid = async (dataDir: string): Promise<number> => {
  const server = await findPostmaster(dataOf(dataDir));
  if (!server) throw new Error('no server runs on the folder');
  return server.pid;
};

export const until = async (condition: () => Promise<boolean>, patienceMs = 10_000): Promise<void> => {
  for (const end = Date.now() + patienceMs; !(await condition().catch(() => false)); await sleep(20)) {
    if (Date.now() > end) throw new Error('it did not come true in time');
  }
};

/** What still runs for a folder: the server, and its backends by the name that it gives them. */
export const processesOf = async (text: string): Promise<number[]> => {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (/^\d+$/.test(name) && Number(name) !== process.pid && commandLine.includes(text)) found.push(Number(name));
  }
  return found;
};
