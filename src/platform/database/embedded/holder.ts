import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { superuser } from './cluster.ts';
import { EmbeddedError } from './errors.ts';
import type { Address } from './launch.ts';

/** Nobody listens · somebody does and asks for patience · who listens does not know our password · no answer. */
export interface Refused {
  readonly state: 'closed' | 'busy' | 'stranger' | 'silent';
  readonly error: Error;
}

/** What came of one attempt to reach the server. */
export type Attempt = Refused | { readonly state: 'open'; readonly client: pg.Client };

/** Any fixed number: whoever holds this lock is the gateway that runs on the folder. */
const folderLock = 7_233_002;
const silenceMs = 10_000;
/** A holder that has just died keeps the lock until the server has seen its connection close. */
const releaseMs = 300;
const startedAt = new Date(Date.now() - process.uptime() * 1000);

export const connect = async (address: Address, password: string): Promise<Attempt> => {
  const client = new pg.Client({
    ...address,
    user: superuser,
    password,
    database: 'postgres',
    // Not what PGSSLMODE says: that is about another server.
    ssl: false,
    connectionTimeoutMillis: silenceMs,
    keepAlive: true,
    // Read by the gateway that is refused. ASCII, cut after 63 bytes.
    application_name: `restage holder ${process.pid} ${startedAt.toISOString().slice(0, 19)}Z ${hostname()}`,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return { state: 'open', client };
  } catch (error) {
    await client.end().catch(() => {});
    return { state: stateOf(error as Error), error: error as Error };
  }
};

const stateOf = (error: Error): Refused['state'] => {
  const { code = '' } = error as { code?: string };
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'closed';
  // Class 28: invalid authorisation.
  if (code.startsWith('28')) return 'stranger';
  return error.message === 'timeout expired' ? 'silent' : 'busy';
};

/** Takes the folder for this gateway: for as long as the connection lives, so the kernel gives it back if we die. */
export const holdFolder = async (client: pg.Client, folder: string): Promise<void> => {
  for (const end = Date.now() + releaseMs; ; await sleep(30)) {
    const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [folderLock]);
    if (rows[0]?.held) return;
    if (Date.now() > end) throw await refusal(client, folder);
  }
};

const refusal = async (client: pg.Client, folder: string): Promise<EmbeddedError> => {
  const { rows } = await client.query<{ application_name: string }>(
    `select application_name from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and objid = $1 and granted`,
    [folderLock],
  );
  const [, , pid, since, host] = (rows[0]?.application_name ?? '').split(' ');
  const holder = pid ? `the gateway with process id ${pid} on ${host}, which runs since ${since}` : 'another gateway';
  return new EmbeddedError(
    'held',
    `${folder} is in use by ${holder}. Stop that one, give this one another DATA_DIR, or let both share a server through DATABASE_URL.`,
  );
};

/** The first gateway on a new folder makes the database; a crash between the two steps is made good the next time. */
export const ensureDatabase = async (client: pg.Client, name: string): Promise<void> => {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
  if (!rowCount) await client.query(`create database ${pg.escapeIdentifier(name)}`);
};

/** A port on loopback may have passed to another server since it was written down. */
export const serves = async (client: pg.Client, data: string): Promise<boolean> => {
  const { rows } = await client.query<{ data_directory: string }>('show data_directory');
  return rows[0]?.data_directory === data;
};
