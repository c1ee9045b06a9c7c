import type { Acceptance, NewJob } from '../../../jobs/store.ts';
import type { BossQueue } from '../../queue/boss-queue.ts';
import { type OpenDatabase, type Statement, sendAll, type Transaction } from '../client.ts';

/** One commit for all. Data that PostgreSQL refuses (class 22) fails its own job alone, not its neighbours. */
export const acceptBatch = async (
  database: OpenDatabase,
  queue: BossQueue,
  batch: readonly NewJob[],
): Promise<Acceptance[]> => {
  try {
    if (batch.some(({ idempotency }) => idempotency !== null))
      return await database.transaction((tx) => insertUnclaimed(tx, queue, batch));
    await database.commit(await insertions(queue, batch));
    return batch.map(({ job }) => ({ outcome: 'created', jobId: job.id }));
  } catch (error) {
    if (batch.length === 1 || !String((error as { code?: unknown }).code).startsWith('22')) throw error;
    const settled = await Promise.allSettled(batch.map((each) => acceptBatch(database, queue, [each])));
    return settled.map((each) =>
      each.status === 'fulfilled' ? (each.value[0] as Acceptance) : { outcome: 'refused' as const, error: each.reason },
    );
  }
};

const insertions = async (queue: BossQueue, batch: readonly NewJob[]): Promise<Statement[]> => [
  { text: insertJobs, values: [JSON.stringify(batch.map(({ job }) => toRow(job)))] },
  ...(await queue.additions(batch.map(({ job, queue: name }) => ({ queue: name, jobId: job.id })))),
];

/** Jobs whose key is not taken by an earlier one. */
const insertUnclaimed = async (tx: Transaction, queue: BossQueue, batch: readonly NewJob[]): Promise<Acceptance[]> => {
  const replays = await claimKeys(tx, batch);
  const created = batch.filter((_, index) => replays[index] === null);
  if (created.length > 0) await Promise.all(sendAll(tx.client, await insertions(queue, created)));
  return batch.map(({ job }, index) => replays[index] ?? { outcome: 'created', jobId: job.id });
};

/** For each job: null when it is to be made, else what became of the key's first job. */
const claimKeys = async (tx: Transaction, batch: readonly NewJob[]): Promise<(Acceptance | null)[]> => {
  const first = new Map<string, NewJob>();
  for (const each of batch) if (each.idempotency && !first.has(nameOf(each))) first.set(nameOf(each), each);
  if (first.size === 0) return batch.map(() => null);

  // Sorted, so that two processes with the same keys wait for each other instead of locking each other out.
  const rows = [...first.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { job, idempotency }]) => ({
      account: job.account,
      route: idempotency?.route,
      key: idempotency?.key,
      fingerprint: idempotency?.fingerprint,
      job_id: job.id,
      expires_at: idempotency?.expiresAt,
    }));
  const { rows: holders } = await tx.client.query<KeyRow>(claimStatement, [JSON.stringify(rows)]);
  const holderOf = new Map(holders.map((row) => [JSON.stringify([row.account, row.route, row.key]), row]));

  return batch.map((each) => {
    if (!each.idempotency) return null;
    const holder = holderOf.get(nameOf(each));
    if (!holder || holder.job_id === each.job.id) return null;
    if (holder.fingerprint !== each.idempotency.fingerprint) return { outcome: 'conflict' };
    return { outcome: 'replayed', jobId: holder.job_id };
  });
};

interface KeyRow {
  account: string;
  route: string;
  key: string;
  fingerprint: string;
  job_id: string;
}

const nameOf = ({ job, idempotency }: NewJob): string =>
  JSON.stringify([job.account, idempotency?.route, idempotency?.key]);

/** Takes over keys that ran out, leaves live ones as they are, and answers who holds each. */
const claimStatement = `
  with sent as (
    select * from json_to_recordset($1::json)
      as x(account text, route text, key text, fingerprint text, job_id text, expires_at timestamptz)
  )
  insert into idempotency_keys as held (account, route, key, fingerprint, job_id, expires_at)
  select account, route, key, fingerprint, job_id, expires_at from sent
  on conflict (account, route, key) do update set
    fingerprint = case when held.expires_at < now() then excluded.fingerprint else held.fingerprint end,
    job_id = case when held.expires_at < now() then excluded.job_id else held.job_id end,
    expires_at = case when held.expires_at < now() then excluded.expires_at else held.expires_at end
  returning account, route, key, fingerprint, job_id`;

const toRow = (job: NewJob['job']): Record<string, unknown> => ({
  id: job.id,
  account: job.account,
  operation: job.operation,
  status: job.status,
  provider: job.provider,
  backend: job.backend,
  request: job.request,
  plan: job.plan,
  adjustments: job.adjustments,
  metadata: job.metadata,
  end_user: job.endUser,
  trace: job.trace,
  deadline_at: job.deadlineAt,
  created_at: job.createdAt,
});

const insertJobs = `
  insert into jobs (id, account, operation, status, provider, backend, request, plan, adjustments, metadata,
    end_user, trace, deadline_at, created_at)
  select id, account, operation, status, provider, backend, request, plan, adjustments, metadata,
    end_user, trace, deadline_at, created_at
  from json_to_recordset($1::json) as x(id text, account text, operation text, status text, provider text,
    backend text, request jsonb, plan jsonb, adjustments jsonb, metadata jsonb, end_user text, trace text,
    deadline_at timestamptz, created_at timestamptz)`;
