import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../telemetry/telemetry.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { openCluster, openDataDir, removePartials, superuser } from './cluster.ts';
import type { Address } from './launch.ts';
import { endPostmaster } from './postmaster.ts';
import type { Way } from './privileges.ts';
import { type Held, type Site, secure } from './secure.ts';

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Called once, when the server is gone for good, or another gateway has taken the folder meanwhile: ours must end. */
  readonly onLost?: (error: Error) => void;
  /** How the server is to run, instead of the first way that works. */
  readonly way?: Way;
  /** Other programs than those that npm installed. */
  readonly binaries?: Binaries;
}

export interface EmbeddedServer {
  /** For the pools. It stays right over restarts of the server. */
  readonly poolConfig: EmbeddedPoolConfig;
  /** Call it when the pools are closed: it ends the server, then gives the folder back. */
  stop(): Promise<void>;
}

export interface EmbeddedPoolConfig extends Address {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Not what PGSSLMODE says: that is about another server. */
  readonly ssl: false;
}

/** A server that lives shorter than this has not really come back. */
const worthyLifeMs = 1_000;
const shortLivesToGiveUp = 10;
const shutdownPatienceMs = 10_000;

/**
 * Starts PostgreSQL on the folder, or takes over one that a killed gateway left behind, and keeps it running until
 * `stop`. Fails with an `EmbeddedError`, at once if another gateway has the folder.
 */
export const startEmbedded = async (options: EmbeddedOptions): Promise<EmbeddedServer> => {
  const dataDir = await openDataDir(options.dataDir);
  const binaries = options.binaries ?? (await findBinaries(join(dataDir, 'postgres-libraries')));
  const cluster = await openCluster(dataDir, binaries, options.way);
  const site: Site = { binaries, cluster, log: options.log, ...(options.way && { way: options.way }) };
  const held = await secure(site, () => true);
  site.address = held.address;
  await removePartials(dataDir, binaries.major);
  const keeper = keep(site, held, options.onLost ?? (() => {}));
  return {
    poolConfig: { ...held.address, user: superuser, password: cluster.password, database: superuser, ssl: false },
    stop: keeper.stop,
  };
};

/** The loss of our connection tells of every end of the server: killed, crashed, or a backend's crash that took all. */
const keep = (site: Site, first: Held, onLost: (error: Error) => void): { stop(): Promise<void> } => {
  let held = first;
  let stopping: Promise<void> | undefined;
  const isWanted = () => stopping === undefined;

  const watch = async (): Promise<void> => {
    for (let shortLives = 0; shortLives < shortLivesToGiveUp; ) {
      const since = Date.now();
      await held.lost;
      if (!isWanted()) return;
      shortLives = Date.now() - since < worthyLifeMs ? shortLives + 1 : 0;
      site.log.warn({ pid: held.pid }, 'the embedded database went away and is brought back');
      await sleep(10 * shortLives ** 2);
      held = await secure(site, isWanted);
      // Asked to stop in that very moment.
      if (!isWanted()) return end(site, held);
    }
    throw new Error(`the embedded database ended ${shortLivesToGiveUp} times in a row right after it had started`);
  };
  const watching = watch().catch((error: Error) => {
    if (!isWanted()) return;
    site.log.error({ error }, 'the embedded database is lost');
    onLost(error);
  });

  const stop = async (): Promise<void> => {
    await end(site, held);
    await watching;
  };
  return { stop: () => (stopping ??= stop()) };
};

/** The lock goes last, so that nobody starts on the folder before the server has left it. */
const end = async ({ cluster, binaries }: Site, { pid, client }: Held): Promise<void> => {
  if (pid) await endPostmaster(pid, cluster.data, shutdownPatienceMs, binaries);
  await client.end().catch(() => {});
};
