import { fileURLToPath } from 'node:url';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { installQueue } from '../queue/install.ts';
import { openDatabase } from './client.ts';

const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any fixed number: one process migrates at a time. */
const migrationLock = 7_233_001;

/** Brings the schema and the queue's own tables up to date; several processes may call it at once. */
export const prepareDatabase = async (config: pg.PoolConfig | string): Promise<void> => {
  const poolConfig = typeof config === 'string' ? { connectionString: config } : config;
  const lock = new pg.Client(poolConfig);
  // The statement at hand fails as well, and tells.
  lock.on('error', () => {});
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [migrationLock]);
    const { db, pool, close } = openDatabase({ ...poolConfig, max: 2 }, () => {});
    try {
      await migrate(db, { migrationsFolder });
      await installQueue(pool);
    } finally {
      await close();
    }
  } finally {
    await lock.end();
  }
};
