import type { Writable } from 'node:stream';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import * as schema from './schema.ts';

export type Database = NodePgDatabase<typeof schema>;

/** One open transaction: the same connection, for Drizzle and for statements of pg-boss. */
export interface Transaction {
  readonly db: Database;
  readonly client: pg.ClientBase;
}

/** One of few texts: each is parsed and planned once per connection. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface OpenDatabase {
  readonly db: Database;
  readonly pool: pg.Pool;
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** One transaction whose statements do not need each other's answers: all go out at once, with the commit. */
  commit(statements: readonly Statement[]): Promise<void>;
  close(): Promise<void>;
}

/** Connections are opened as they are needed. A caller waits at most 5 s for one, then the request is a 503. */
export const openDatabase = (config: pg.PoolConfig, onError: (error: Error) => void): OpenDatabase => {
  const pool = new pg.Pool({
    max: 16,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 30_000,
    keepAlive: true,
    // Statements of one connection that are made at once share one exchange.
    pipeline: true,
    application_name: 'restage',
    ...config,
  });
  // An idle connection whose server went away; the pool replaces it.
  pool.on('error', onError);
  // One that is in use: whoever uses it is told by its statement; but unheard, the event would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    db: drizzle(pool, { schema }),
    pool,
    transaction: (work) => transaction(pool, work),
    commit: (statements) => commit(pool, statements),
    close: () => pool.end(),
  };
};

const transaction = async <Result>(
  pool: pg.Pool,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> => {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work({ db: drizzle(client, { schema }), client });
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
};

const commit = async (pool: pg.Pool, statements: readonly Statement[]): Promise<void> => {
  const client = await pool.connect();
  // A statement that fails turns the commit behind it into a rollback.
  const sent = together(client, () => [client.query('begin'), ...sendAll(client, statements), client.query('commit')]);
  const answers = await Promise.allSettled(sent);
  const last = answers.at(-1);
  client.release(last?.status === 'rejected' ? last.reason : undefined);
  const failed = answers.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
};

/** One packet instead of one per statement, each of which would wake the server. `pg` holds back its own alike. */
const together = <Sent>(client: pg.ClientBase, send: () => Sent): Sent => {
  const { connection } = client as pg.ClientBase & { connection?: { stream?: Writable } };
  connection?.stream?.cork();
  try {
    return send();
  } finally {
    connection?.stream?.uncork();
  }
};

/** Sent at once, answered in order. */
export const sendAll = (client: pg.ClientBase, statements: readonly Statement[]): Promise<pg.QueryResult>[] =>
  statements.map(({ text, values }) => client.query({ name: nameOf(text), text, values: [...values] }));

const names = new Map<string, string>();

const nameOf = (text: string): string => {
  const name = names.get(text) ?? `restage_${names.size}`;
  names.set(text, name);
  return name;
};

const transientClasses = ['08', '53', '57'];
const transientCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  '25006',
  // The database or the login is being made anew.
  '3D000',
  '28000',
  '28P01',
  '40001',
  '40P01',
]);

/** Whether the database is away for the moment, as opposed to a fault of ours: the answer is then 503, and a retry. */
export const isDatabaseUnavailable = (error: unknown): boolean => {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as { code?: unknown };
    if (typeof code === 'string' && (transientCodes.has(code) || transientClasses.includes(code.slice(0, 2))))
      return true;
    if (
      /Connection terminated|timeout exceeded when trying to connect|connection error and is not queryable/.test(
        each.message,
      )
    )
      return true;
  }
  return false;
};
