import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../../telemetry/telemetry.ts';
import type { Binaries } from './binaries.ts';
import { type Cluster, superuser } from './cluster.ts';
import { EmbeddedError } from './errors.ts';
import { connect, ensureDatabase, holdFolder, type Refused, serves } from './holder.ts';
import { type Address, freeLoopbackAddress, type Launched, launch, loopback, nameOf, socketAddress } from './launch.ts';
import { endPostmaster, findPostmaster, killOrphans, type Postmaster, removeStaleLocks } from './postmaster.ts';
import { findPrivileges, type Way } from './privileges.ts';

/** What stays the same over the restarts of one server. */
export interface Site {
  readonly binaries: Binaries;
  readonly cluster: Cluster;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly way?: Way;
  /** Pools were told this address: a restarted server comes back to it. */
  address?: Address;
}

/** The server runs, and the folder is ours for as long as this connection lives. */
export interface Held {
  readonly client: pg.Client;
  readonly address: Address;
  /** Unknown if the server runs in another container that shares the folder. */
  readonly pid: number | undefined;
  readonly lost: Promise<void>;
}

const pollMs = 5;
/** Without a sign of life; a server that answers that it is starting may be recovering much from its log. */
const patienceMs = 20_000;
const recoveryPatienceMs = 300_000;
/** From here on, backends of a server that was killed are in the way and end by force. */
const orphanPatienceMs = 1_000;
const attemptsToLaunch = 5;

/** Finds the server of the folder or starts it, and takes the folder. Goes on until it works or cannot. */
export const secure = async (site: Site, isWanted: () => boolean): Promise<Held> => {
  const begun = Date.now();
  let launched: Launched | undefined;
  let failures = 0;
  for (;;) {
    const running = await findPostmaster(site.cluster.data);
    const address = addressOf(site, running);
    const attempt = await reach(site, address, running?.pid);
    if (attempt.state === 'held') return attempt.held;
    await refuseToWait(site, attempt, { begun, running, launched, isWanted });
    if (attempt.state === 'silent' && running) {
      site.log.warn({ pid: running.pid }, 'the embedded database does not answer and is ended');
      await endPostmaster(running.pid, site.cluster.data, 2_000, site.binaries);
    } else if (launched?.hasEnded()) {
      failures += await judge(site, launched, begun, failures);
      launched = undefined;
      await sleep(10 * pollMs);
    } else if (!running && !launched) {
      launched = await start(site).catch((error: Error) => {
        throw error instanceof EmbeddedError ? error : failed(site, error.message, error);
      });
    }
    // Often while a start is quick, for each attempt costs the server a process; seldom when it takes its time.
    await sleep(Math.min(Math.max(pollMs, (Date.now() - begun) / 20), 200));
  }
};

const addressOf = (site: Site, running: Postmaster | undefined): Address | undefined => {
  if (running?.loopbackPort) return { host: loopback, port: running.loopbackPort };
  // Tried even if there seems to be no server: one in another container may share the folder.
  return socketAddress(site.cluster.folder);
};

type Outcome = Refused | { readonly state: 'held'; readonly held: Held };

const reach = async (site: Site, address: Address | undefined, pid: number | undefined): Promise<Outcome> => {
  const closed = { state: 'closed', error: new Error('no server runs on this folder') } as const;
  if (!address) return closed;
  const attempt = await connect(address, site.cluster.password);
  if (attempt.state !== 'open') return attempt;
  const { client } = attempt;
  const lost = new Promise<void>((resolve) => client.once('end', () => resolve()));
  try {
    if (address.host === loopback && !(await serves(client, site.cluster.data))) throw closed.error;
    await holdFolder(client, site.cluster.folder);
    await ensureDatabase(client, superuser);
    return { state: 'held', held: { client, address, pid, lost } };
  } catch (error) {
    await client.end().catch(() => {});
    if (error instanceof EmbeddedError) throw error;
    // The server ended in that very moment, for one.
    return { state: 'closed', error: error as Error };
  }
};

interface Waiting {
  readonly begun: number;
  readonly running: Postmaster | undefined;
  readonly launched: Launched | undefined;
  isWanted(): boolean;
}

/** Ends the wait when it has no hope, and takes the server along if it is the one that we started. */
const refuseToWait = async (site: Site, attempt: Refused, waiting: Waiting): Promise<void> => {
  const patience = attempt.state === 'busy' ? recoveryPatienceMs : patienceMs;
  const wrongPassword = attempt.state === 'stranger' && waiting.running;
  if (waiting.isWanted() && !wrongPassword && Date.now() - waiting.begun < patience) return;
  const { pid } = waiting.launched ?? {};
  if (pid) await endPostmaster(pid, site.cluster.data, 2_000, site.binaries);
  throw failed(site, waiting.isWanted() ? attempt.error.message : 'it was asked to stop', attempt.error);
};

const start = async (site: Site): Promise<Launched> => {
  const { binaries, cluster, log } = site;
  const privileges = await findPrivileges(binaries, cluster.folder, site.way);
  await removeStaleLocks(cluster.folder, cluster.data);
  site.address ??= socketAddress(cluster.folder) ?? (await freeLoopbackAddress());
  const launched = await launch(binaries, privileges, cluster, site.address);
  log.info({ pid: launched.pid, folder: cluster.folder, way: privileges.way }, 'embedded database started');
  return launched;
};

/** The server that we started has ended. Returns 1 if that counts against another attempt. */
const judge = async (site: Site, launched: Launched, begun: number, failures: number): Promise<0 | 1> => {
  const complaint = await launched.complaint();
  // Another gateway starts it right now, or what is left of a killed server still runs. PostgreSQL has no code for this
  // outside of a connection; its words stay English, as the locale is C.
  if (/pre-existing shared memory|lock file ".*" already exists/.test(complaint) && Date.now() - begun < patienceMs) {
    if (Date.now() - begun > orphanPatienceMs) {
      const killed = await killOrphans(nameOf(site.cluster));
      if (killed) site.log.warn({ killed }, 'backends of an embedded database that had died were ended');
    }
    return 0;
  }
  if (failures + 1 >= attemptsToLaunch) throw failed(site, complaint);
  return 1;
};

const failed = (site: Site, reason: string, cause?: unknown): EmbeddedError =>
  new EmbeddedError('failed', `The embedded PostgreSQL in ${site.cluster.folder} does not run: ${reason}`, { cause });
