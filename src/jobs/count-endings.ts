import type { Telemetry } from '../platform/telemetry/telemetry.ts';
import type { JobRecord } from './model.ts';
import type { Ending, JobStore } from './store.ts';

/** A store that counts and tells each end of a job, whoever brought it about, once it is written. */
export const countEndings = (store: JobStore, { log, metrics }: Telemetry): JobStore => {
  const told = (job: JobRecord, { status, error }: Ending): void => {
    const seconds = (Date.now() - job.createdAt.getTime()) / 1_000;
    metrics.ended(job.operation, job.backend, error?.code ?? status, seconds);
    log.info({ job: job.id, backend: job.backend, status, code: error?.code, seconds }, 'job ended');
  };
  return {
    ...store,
    end: async (job, ending, next) => {
      await store.end(job, ending, next);
      told(job, ending);
    },
    endFromOutside: async (job, ending, cleanupQueue) => {
      await store.endFromOutside(job, ending, cleanupQueue);
      told(job, ending);
    },
  };
};
