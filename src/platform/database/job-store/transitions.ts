import { and, eq, inArray, sql } from 'drizzle-orm';
import type { AttemptRecord, JobRecord, PreparedImage, PurchaseRecord, Timings } from '../../../jobs/model.ts';
import type { Ending, Next, PurchaseChange } from '../../../jobs/store.ts';
import type { BossQueue } from '../../queue/boss-queue.ts';
import { type Delivery, StaleError } from '../../queue/queue.ts';
import type { Database, OpenDatabase, Transaction } from '../client.ts';
import { attempts, jobs, purchases } from '../schema.ts';

/** Told after each change that a caller can see: payload `<job id>`. */
export const jobChannel = 'restage_job';

const raised = { version: sql`${jobs.version} + 1`, sequence: sql`${jobs.sequence} + 1` };

/** Compare-and-set on the fence. */
const changeJob = async (tx: Transaction, job: JobRecord, change: Partial<typeof jobs.$inferInsert>): Promise<void> => {
  const { rowCount } = await tx.db
    .update(jobs)
    .set({ ...change, ...raised })
    .where(and(eq(jobs.id, job.id), eq(jobs.version, job.version)));
  if (rowCount !== 1) throw new StaleError(`job ${job.id} has moved on`);
  await tellWatchers(tx, job.id);
};

const tellWatchers = (tx: Transaction, jobId: string): Promise<unknown> =>
  tx.client.query('select pg_notify($1, $2)', [jobChannel, jobId]);

const completeDelivery = async (tx: Transaction, queue: BossQueue, jobId: string, next: Next): Promise<void> => {
  await queue.complete(tx, next.delivery);
  if (next.again) await queue.add(tx, [{ ...next.again, jobId }]);
};

export const createTransitions = (database: OpenDatabase, queue: BossQueue) => ({
  begin: (
    job: JobRecord,
    attempt: AttemptRecord,
    planned: readonly PurchaseRecord[],
    delivery: Delivery,
  ): Promise<void> =>
    database.transaction(async (tx) => {
      await queue.holds(tx, delivery);
      await changeJob(tx, job, {
        status: 'processing',
        startedAt: job.startedAt ?? attempt.startedAt,
        timings: { ...job.timings, queued: attempt.startedAt.getTime() - job.createdAt.getTime() },
      });
      await tx.db.insert(attempts).values(attempt);
      await tx.db.insert(purchases).values([...planned]);
    }),

  savePrepared: (job: JobRecord, prepared: readonly PreparedImage[], timings: Timings): Promise<void> =>
    database.transaction((tx) => changeJob(tx, job, { prepared: [...prepared], timings })),

  beginStart: (job: JobRecord, starting: readonly PurchaseRecord[], delivery: Delivery, now: Date): Promise<void> =>
    database.transaction(async (tx) => {
      await queue.holds(tx, delivery);
      await changeJob(tx, job, {});
      const { rowCount } = await tx.db
        .update(purchases)
        .set({
          status: 'starting',
          tries: sql`${purchases.tries} + 1`,
          entryId: delivery.entryId,
          entryAttempt: delivery.attempt,
          startedAt: now,
          notBefore: null,
          error: null,
        })
        .where(
          and(
            inArray(
              purchases.id,
              starting.map(({ id }) => id),
            ),
            eq(purchases.status, 'planned'),
          ),
        );
      if (rowCount !== starting.length) throw new StaleError(`purchases of job ${job.id} have moved on`);
    }),

  savePurchase: async (purchase: PurchaseRecord, change: PurchaseChange): Promise<boolean> => {
    const { rowCount } = await database.db
      .update(purchases)
      .set(change)
      .where(
        and(eq(purchases.id, purchase.id), eq(purchases.status, purchase.status), eq(purchases.tries, purchase.tries)),
      );
    return rowCount === 1;
  },

  handOver: (next: Next): Promise<void> =>
    database.transaction((tx) => completeDelivery(tx, queue, next.delivery.jobId, next)),

  saveProgress: async (jobId: string, progress: number): Promise<void> => {
    await database.transaction(async (tx) => {
      const { rowCount } = await tx.db
        .update(jobs)
        .set({ progress, sequence: raised.sequence })
        .where(and(eq(jobs.id, jobId), eq(jobs.status, 'processing'), sql`${jobs.progress} < ${progress}`));
      if (rowCount === 1) await tellWatchers(tx, jobId);
    });
  },

  end: (job: JobRecord, ending: Ending, next: Next | null): Promise<void> =>
    database.transaction(async (tx) => {
      await endJob(tx, job, ending);
      if (next) await completeDelivery(tx, queue, job.id, next);
    }),

  endFromOutside: (job: JobRecord, ending: Ending, cleanupQueue: string): Promise<void> =>
    database.transaction(async (tx) => {
      await endJob(tx, job, ending);
      await queue.add(tx, [{ queue: cleanupQueue, jobId: job.id }]);
    }),
});

const endJob = async (tx: Transaction, job: JobRecord, ending: Ending): Promise<void> => {
  const finishedAt = new Date();
  await changeJob(tx, job, {
    status: ending.status,
    error: ending.error,
    outputs: [...ending.outputs],
    costUsd: ending.costUsd,
    finishedAt,
    progress: ending.status === 'succeeded' ? 1 : job.progress,
    timings: { ...ending.timings, total: finishedAt.getTime() - job.createdAt.getTime() },
    ...(ending.adjustments && { adjustments: ending.adjustments }),
  });
  await endAttempts(tx.db, job.id, ending, finishedAt);
};

const endAttempts = async (db: Database, jobId: string, ending: Ending, finishedAt: Date): Promise<void> => {
  await db
    .update(attempts)
    .set({ status: ending.attempt, error: ending.error, finishedAt })
    .where(and(eq(attempts.jobId, jobId), eq(attempts.status, 'processing')));
  await db
    .update(purchases)
    .set({ status: 'canceled', finishedAt })
    .where(and(eq(purchases.jobId, jobId), eq(purchases.status, 'planned')));
};
