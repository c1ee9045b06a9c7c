import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';

/** A server process that serves this cluster, as its own pid file tells. */
export interface Postmaster {
  readonly pid: number;
  /** Absent while the server has not got that far, or if it listens on its socket alone. */
  readonly loopbackPort?: number;
}

const run = promisify(execFile);
const pollMs = 20;
/** Part of the socket's name; the port of nothing. */
export const socketPort = 5432;

/** The server of the cluster, whoever started it. A pid file that outlived its server, or names a stranger, is none. */
export const findPostmaster = async (cluster: string): Promise<Postmaster | undefined> => {
  const lines = await readLines(join(cluster, 'postmaster.pid'));
  const pid = Number(lines[0]);
  if (!(pid > 1) || !(await isPostmaster(pid, cluster))) return undefined;
  // Fourth line: port; sixth: the first address it listens on, empty if none.
  return lines[5]?.trim() ? { pid, loopbackPort: Number(lines[3]) } : { pid };
};

const readLines = async (path: string): Promise<string[]> => (await readFile(path, 'utf8').catch(() => '')).split('\n');

/**
 * PostgreSQL takes any living process of its own user for the server that an old lock file names, so a process id that
 * was used again (in a container they are small numbers) would keep it from starting. One that is free it removes itself.
 */
export const removeStaleLocks = async (folder: string, cluster: string): Promise<void> => {
  for (const path of [join(cluster, 'postmaster.pid'), join(folder, `.s.PGSQL.${socketPort}.lock`)]) {
    const pid = Number((await readLines(path))[0]);
    if (pid > 1 && isAlive(pid) && !(await isPostmaster(pid, cluster))) await rm(path, { force: true });
  }
};

/** A zombie counts as gone, even if nobody reaps it; a process id that was used again is told by its command line. */
export const isPostmaster = async (pid: number, cluster: string): Promise<boolean> => {
  if (!isAlive(pid)) return false;
  if (process.platform === 'win32') return true;
  return (await commandLine(pid)).includes(cluster);
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const commandLine = async (pid: number): Promise<string> => {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const { stdout } = await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout;
};

/**
 * Ends the server: first so that it writes everything down (fast shutdown), then so that the next start recovers, at
 * last by force. The server stays consistent in each case.
 */
export const endPostmaster = async (
  pid: number,
  cluster: string,
  patienceMs: number,
  binaries?: Binaries,
): Promise<void> => {
  const ladder = [
    { mode: 'fast', signal: 'SIGINT', waitMs: patienceMs },
    { mode: 'immediate', signal: 'SIGQUIT', waitMs: 3_000 },
    { mode: 'immediate', signal: 'SIGKILL', waitMs: 3_000 },
  ] as const;
  for (const { mode, signal, waitMs } of ladder) {
    if (!(await isPostmaster(pid, cluster))) return;
    // Node can only kill on Windows; pg_ctl knows how to ask.
    if (process.platform === 'win32' && binaries)
      await run(binaries.pgCtl, ['stop', '-D', cluster, '-m', mode]).catch(() => {});
    else signalQuietly(pid, signal);
    if (await isGone(pid, cluster, waitMs)) return;
  }
};

const isGone = async (pid: number, cluster: string, waitMs: number): Promise<boolean> => {
  for (const end = Date.now() + waitMs; Date.now() < end; await sleep(pollMs)) {
    if (!(await isPostmaster(pid, cluster))) return true;
  }
  return false;
};

/**
 * The backends of a server that was killed end by themselves once they notice, which one in a long statement does late.
 * Until then they keep the next server from starting, and nobody can get their answer any more.
 */
export const killOrphans = async (clusterName: string): Promise<number> => {
  if (process.platform !== 'linux') return 0;
  let killed = 0;
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    // The title is set by cluster_name; a postmaster keeps its command line instead, and is never hit.
    if (!Number.isInteger(pid) || !(await commandLine(pid)).startsWith(`postgres: ${clusterName}: `)) continue;
    signalQuietly(pid, 'SIGKILL');
    killed += 1;
  }
  return killed;
};

const signalQuietly = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone in the meantime.
  }
};
