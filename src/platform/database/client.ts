import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import * as schema from './schema.ts';

export type Database = NodePgDatabase<typeof schema>;

/** One open transaction: the same connection, for Drizzle and for statements of pg-boss. */
export interface Transaction {
  readonly db: Database;
  readonly client: pg.ClientBase;
}

export interface OpenDatabase {
  readonly db: Database;
  readonly pool: pg.Pool;
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
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
    application_name: 'restage',
    ...config,
  });
  // An idle connection whose server went away; the pool replaces it.
  pool.on('error', onError);
  return {
    db: drizzle(pool, { schema }),
    pool,
    transaction: (work) => transaction(pool, work),
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

const transientClasses = ['08', '53', '57'];
const transientCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  '25006',
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
