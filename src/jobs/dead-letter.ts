import { isFinal } from '../operations/job.ts';
import type { Handler } from '../platform/queue/queue.ts';
import { workQueue } from '../routing/backend.ts';
import type { WorkerContext } from './context.ts';
import { endingOf } from './ending.ts';

/** A job that stopped its worker again and again is ended, so that it cannot stop the others. */
export const createDeadLetter =
  ({ store, telemetry, backend }: WorkerContext): Handler =>
  async (delivery) => {
    const state = await store.load(delivery.jobId);
    if (!state || isFinal(state.job.status)) return store.handOver({ delivery });
    const atMostOnce = backend(state.job.backend)?.provider.manifest.submission !== 'idempotent';
    const bought = atMostOnce && state.purchases.some(({ status }) => status === 'starting');
    const error = bought
      ? {
          code: 'outcome_unknown' as const,
          message: 'The work was interrupted while it was bought; it was not bought again.',
          retryable: false,
        }
      : {
          code: 'internal' as const,
          message: 'The job interrupted its worker several times and was given up.',
          retryable: false,
        };
    await store.endFromOutside(state.job, endingOf(state, { status: 'failed', error }), workQueue(state.job.backend));
    await store.handOver({ delivery });
    telemetry.log.error({ job: delivery.jobId, code: error.code }, 'job given up: its worker stopped several times');
  };
