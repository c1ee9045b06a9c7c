import type pg from 'pg';
import { PgBoss } from 'pg-boss';

export const bossSchema = 'pgboss';

/** A delivery that failed four times lands here: its job is ended, and an operator sees it. */
export const deadLetterQueue = 'dead-letter';

const days = 86_400;

/** Every timing of pg-boss, so that none of its defaults decides. */
export const queueOptions = {
  policy: 'standard',
  /** A worker that does not answer for 30 s is taken for dead: 30 s + two 15 s rounds of the monitor stay below 90 s. */
  heartbeatSeconds: 30,
  expireInSeconds: 3_600,
  retryLimit: 3,
  /** Grows, with jitter: jobs that were held in the same crash come back apart, so that one cannot spoil the others. */
  retryDelay: 2,
  retryBackoff: true,
  retryDelayMax: 60,
  retentionSeconds: 3 * days,
  deleteAfterSeconds: 900,
  deadLetter: deadLetterQueue,
  warningQueueSize: 100_000,
} as const;

export const createBoss = (pool: pg.Pool, options: { supervise: boolean }): PgBoss =>
  new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    schema: bossSchema,
    migrate: false,
    supervise: options.supervise,
    schedule: options.supervise,
    superviseIntervalSeconds: 15,
    monitorIntervalSeconds: 15,
    maintenanceIntervalSeconds: 600,
    queueCacheIntervalSeconds: 60,
    cronMonitorIntervalSeconds: 30,
    cronWorkerIntervalSeconds: 5,
    warningSlowQuerySeconds: 5,
  });

/** Creates or migrates the queue's own tables. */
export const installQueue = async (pool: pg.Pool): Promise<void> => {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    schema: bossSchema,
    supervise: false,
    schedule: false,
  });
  boss.on('error', () => {});
  await boss.start();
  await boss.stop({ graceful: false, close: false });
};
