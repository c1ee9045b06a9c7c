import { StaleError } from '../platform/queue/queue.ts';
import { workQueue } from '../routing/backend.ts';
import type { WorkerContext } from './context.ts';
import { endingOf } from './ending.ts';

const batch = 100;
/** A worker that has the job ends it in time by itself; this is for jobs that wait, or whose worker died. */
const graceMs = 1_000;
const strandedAfterMs = 60_000;

/** Ends jobs whose deadline has passed wherever they are. Run by every worker; compare-and-set makes one of them win. */
export const endOverdue = async ({ store, telemetry, now }: WorkerContext): Promise<number> => {
  const overdue = await store.overdue(new Date(now() - graceMs), batch);
  for (const { id } of overdue) {
    const state = await store.load(id);
    if (!state) continue;
    const error = {
      code: 'deadline_exceeded' as const,
      message: 'The deadline passed before the job was done.',
      retryable: true,
      provider: state.job.provider,
    };
    await ignoreStale(() =>
      store.endFromOutside(state.job, endingOf(state, { status: 'failed', error }), workQueue(state.job.backend)),
    );
    telemetry.metrics.ended(
      state.job.operation,
      state.job.backend,
      error.code,
      (now() - state.job.createdAt.getTime()) / 1_000,
    );
  }
  return overdue.length;
};

/** A net below the queue: a job that has not ended and has no entry gets one. */
export const requeueStranded = async ({ store, telemetry, now }: WorkerContext): Promise<void> => {
  for (const job of await store.stranded(new Date(now() - strandedAfterMs), batch)) {
    telemetry.log.warn({ job: job.id }, 'a job without a queue entry was put back');
    await store.requeue(job, workQueue(job.backend));
  }
};

/** Deletes what is older than it has to be kept: files first, so that no row is lost before its file. */
export const deleteExpired = async (context: WorkerContext): Promise<void> => {
  const { store, storage, now, retentionDays, telemetry } = context;
  for (;;) {
    const expired = await store.expiredAssets(new Date(now()), batch);
    for (const { storageKey } of expired) await storage.delete(storageKey);
    await store.deleteAssets(expired.map(({ id }) => id));
    if (expired.length < batch) break;
  }
  const before = new Date(now() - retentionDays * 86_400_000);
  for (let deleted = batch; deleted === batch; ) {
    deleted = await store.deleteJobsBefore(before, new Date(now()), batch);
    if (deleted > 0) telemetry.log.info({ deleted }, 'old jobs were deleted');
  }
};

const ignoreStale = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StaleError)) throw error;
  }
};
