import { and, asc, desc, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import type { AssetRecord, AttemptRecord, JobRecord, JobState, PurchaseRecord } from '../../../jobs/model.ts';
import type { Acceptance, IdempotencyClaim, JobFilter, JobWithAttempts } from '../../../jobs/store.ts';
import type { JobStatus } from '../../../operations/job.ts';
import type { Database } from '../client.ts';
import { assets, attempts, idempotencyKeys, jobs, purchases } from '../schema.ts';

export const loadState = async (db: Database, jobId: string): Promise<JobState | null> => {
  const [job] = await db.select().from(jobs).where(eq(jobs.id, jobId));
  if (!job) return null;
  const [attempt] = await db
    .select()
    .from(attempts)
    .where(eq(attempts.jobId, jobId))
    .orderBy(desc(attempts.number))
    .limit(1);
  const bought = attempt
    ? await db
        .select()
        .from(purchases)
        .where(eq(purchases.attemptId, attempt.id))
        .orderBy(asc(purchases.picture), asc(purchases.stage))
    : [];
  return { job: job as JobRecord, attempt: (attempt as AttemptRecord) ?? null, purchases: bought as PurchaseRecord[] };
};

export const readHolder = async (
  db: Database,
  account: string,
  claim: IdempotencyClaim,
): Promise<Acceptance | null> => {
  const { route, key } = claim;
  const [holder] = await db
    .select()
    .from(idempotencyKeys)
    .where(
      and(
        eq(idempotencyKeys.account, account),
        eq(idempotencyKeys.route, route),
        eq(idempotencyKeys.key, key),
        gt(idempotencyKeys.expiresAt, sql`now()`),
      ),
    );
  if (!holder) return null;
  return holder.fingerprint === claim.fingerprint
    ? { outcome: 'replayed', jobId: holder.jobId }
    : { outcome: 'conflict' };
};

export const readStatus = async (db: Database, jobId: string): Promise<JobStatus | null> => {
  const [job] = await db.select({ status: jobs.status }).from(jobs).where(eq(jobs.id, jobId));
  return (job?.status as JobStatus) ?? null;
};

export const readJob = async (db: Database, account: string, jobId: string): Promise<JobWithAttempts | null> => {
  const found = await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, jobId), eq(jobs.account, account)));
  return (await withAttempts(db, found as JobRecord[]))[0] ?? null;
};

export const listJobs = async (db: Database, filter: JobFilter): Promise<JobWithAttempts[]> => {
  const found = await db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.account, filter.account),
        filter.status && eq(jobs.status, filter.status),
        filter.operation ? eq(jobs.operation, filter.operation) : undefined,
        filter.before ? lt(jobs.id, filter.before) : undefined,
      ),
    )
    .orderBy(desc(jobs.id))
    .limit(filter.limit);
  return withAttempts(db, found as JobRecord[]);
};

const withAttempts = async (db: Database, found: readonly JobRecord[]): Promise<JobWithAttempts[]> => {
  const begun = found.filter(({ startedAt }) => startedAt !== null).map(({ id }) => id);
  const assetIds = found.flatMap(({ outputs }) => outputs);
  const [tried, bought, results] = await Promise.all([
    begun.length > 0
      ? db.select().from(attempts).where(inArray(attempts.jobId, begun)).orderBy(asc(attempts.number))
      : [],
    begun.length > 0 ? db.select().from(purchases).where(inArray(purchases.jobId, begun)) : [],
    assetIds.length > 0 ? db.select().from(assets).where(inArray(assets.id, assetIds)) : [],
  ]);
  return found.map((job) => ({
    job,
    attempts: tried
      .filter(({ jobId }) => jobId === job.id)
      .map((attempt) => {
        const own = bought.filter(({ attemptId }) => attemptId === attempt.id) as PurchaseRecord[];
        return { ...(attempt as AttemptRecord), upstreamId: upstreamOf(own), costUsd: costOf(own) };
      }),
    outputs: job.outputs.flatMap((id) => (results.find((asset) => asset.id === id) as AssetRecord | undefined) ?? []),
  }));
};

const upstreamOf = (bought: readonly PurchaseRecord[]): string | null =>
  bought.findLast(({ upstreamId }) => upstreamId !== null)?.upstreamId ?? null;

const costOf = (bought: readonly PurchaseRecord[]): number | null => {
  const costs = bought.flatMap(({ costUsd }) => costUsd ?? []);
  return costs.length > 0 ? costs.reduce((sum, cost) => sum + cost, 0) : null;
};

export const countOlderQueued = async (db: Database, job: JobRecord): Promise<number> => {
  const older = db
    .select({ one: sql`1` })
    .from(jobs)
    .where(and(eq(jobs.backend, job.backend), eq(jobs.status, 'queued'), lt(jobs.id, job.id)))
    .limit(1_000)
    .as('older');
  const [counted] = await db.select({ count: sql<number>`count(*)::int` }).from(older);
  return counted?.count ?? 0;
};

/** Every request for a job asks this: the statement is built once, and parsed once per connection. */
export const createAssetReader = (db: Database) => {
  const wanted = db
    .select()
    .from(assets)
    .where(sql`${assets.id} = any(${sql.placeholder('ids')})`)
    .prepare('assets_by_id');
  return async (requests: readonly { account: string; id: string }[]): Promise<(AssetRecord | null)[]> => {
    if (requests.length === 0) return [];
    const found = await wanted.execute({ ids: [...new Set(requests.map(({ id }) => id))] });
    const byId = new Map(found.map((asset) => [asset.id, asset as AssetRecord]));
    return requests.map(({ account, id }) => {
      const asset = byId.get(id);
      return asset && asset.account === account ? asset : null;
    });
  };
};
