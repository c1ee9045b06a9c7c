import { StaleError } from '../platform/queue/queue.ts';
import { workQueue } from '../routing/backend.ts';
import type { WorkerContext } from './context.ts';
import { endingOf, overdueEnding } from './ending.ts';

const batch = 100;
/** A worker that has the job ends it in time by itself; this is for jobs that wait, or whose worker died. */
const graceMs = 1_000;
const strandedAfterMs = 60_000;

/** Ends jobs whose deadline has passed wherever they are. Run by every worker; compare-and-set makes one of them win. */
export const endOverdue = async ({ store, now }: WorkerContext): Promise<number> => {
  const overdue = await store.overdue(new Date(now() - graceMs), batch);
  for (const { id } of overdue) {
    const state = await store.load(id);
    if (!state) continue;
    await ignoreStale(() => store.endFromOutside(state.job, overdueEnding(state), workQueue(state.job.backend)));
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

/** While a deployment goes on, another process may know a backend that this one does not yet. */
const unknownForMs = 10 * 60_000;

/** Nobody takes up the jobs of a backend that the operator has removed: they end, and say so. */
export const endOrphaned = async ({ store, now }: WorkerContext, names: readonly string[]): Promise<void> => {
  for (const { id } of await store.ofOtherBackends(names, new Date(now() - unknownForMs), batch)) {
    const state = await store.load(id);
    if (!state) continue;
    const message = `The backend ${state.job.backend} is no longer set up.`;
    const error = { code: 'provider_unavailable' as const, message, retryable: true, provider: state.job.provider };
    await ignoreStale(() => store.end(state.job, endingOf(state, { status: 'failed', error }), null));
  }
};

/** Deletes what is older than it has to be kept: files first, so that no row is lost before its file. */
export const deleteExpired = async (context: WorkerContext): Promise<void> => {
  const { store, storage, now, retentionDays, telemetry } = context;
  for (;;) {
    const expired = await store.expiredAssets(new Date(now()), batch);
    const gone = await Promise.allSettled(
      expired.map(async ({ id, storageKey }) => {
        await storage.delete(storageKey);
        return id;
      }),
    );
    const ids = gone.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    await store.deleteAssets(ids);
    if (ids.length < expired.length) {
      telemetry.log.warn({ kept: expired.length - ids.length }, 'expired files could not be deleted yet');
    }
    if (ids.length < batch) break;
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
