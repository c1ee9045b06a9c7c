import { and, eq, inArray, isNotNull, lt, notInArray, sql } from 'drizzle-orm';
import type { AssetRecord, JobRecord } from '../../../jobs/model.ts';
import { bossSchema } from '../../queue/install.ts';
import type { OpenDatabase } from '../client.ts';
import { assets, idempotencyKeys, jobs, purchases } from '../schema.ts';

const running = inArray(jobs.status, ['queued', 'processing']);

export const createSweeps = ({ db }: OpenDatabase) => ({
  overdue: async (now: Date, limit: number): Promise<JobRecord[]> =>
    (await db
      .select()
      .from(jobs)
      .where(and(running, lt(jobs.deadlineAt, now)))
      .limit(limit)) as JobRecord[],

  stranded: async (before: Date, limit: number): Promise<JobRecord[]> => {
    const entry = sql.raw(`${bossSchema}.job`);
    const live = sql`exists (select 1 from ${entry} as entry where entry.singleton_key = ${jobs.id}
      and entry.state in ('created', 'retry', 'active'))`;
    return (await db
      .select()
      .from(jobs)
      .where(and(running, lt(jobs.createdAt, before), sql`not ${live}`))
      .limit(limit)) as JobRecord[];
  },

  ofOtherBackends: async (names: readonly string[], before: Date, limit: number): Promise<JobRecord[]> =>
    (await db
      .select()
      .from(jobs)
      .where(and(running, notInArray(jobs.backend, [...names]), lt(jobs.createdAt, before)))
      .limit(limit)) as JobRecord[],

  expiredAssets: async (now: Date, limit: number): Promise<AssetRecord[]> =>
    (await db
      .select()
      .from(assets)
      .where(lt(assets.expiresAt, now))
      .orderBy(assets.expiresAt)
      .limit(limit)) as AssetRecord[],

  deleteJobsBefore: async (finishedBefore: Date, now: Date, limit: number): Promise<number> => {
    await db.delete(idempotencyKeys).where(lt(idempotencyKeys.expiresAt, now));
    const old = db
      .select({ id: jobs.id })
      .from(jobs)
      .where(and(isNotNull(jobs.finishedAt), lt(jobs.finishedAt, finishedBefore)))
      .limit(limit);
    const { rowCount } = await db.delete(jobs).where(inArray(jobs.id, old));
    return rowCount ?? 0;
  },

  counts: async () => {
    const waiting = await db
      .select({ backend: jobs.backend, count: sql<number>`count(*)::int` })
      .from(jobs)
      .where(eq(jobs.status, 'queued'))
      .groupBy(jobs.backend);
    const [unknown] = await db
      .select({ count: sql<number>`count(*)::int` })
      .from(purchases)
      .where(eq(purchases.status, 'unknown'));
    return {
      queued: Object.fromEntries(waiting.map(({ backend, count }) => [backend, count])),
      unknownPurchases: unknown?.count ?? 0,
    };
  },
});
