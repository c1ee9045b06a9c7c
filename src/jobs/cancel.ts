import { notFound, RestageError } from '../operations/errors.ts';
import { isFinal } from '../operations/job.ts';
import { StaleError } from '../platform/queue/queue.ts';
import { workQueue } from '../routing/backend.ts';
import { endingOf } from './ending.ts';
import type { JobStore } from './store.ts';

const mostRounds = 10;

/** Ends a job in any state that is not final. A worker then cancels upstream, where the provider can. */
export const createCancel =
  (store: JobStore) =>
  async (account: string, jobId: string): Promise<void> => {
    for (let round = 0; round < mostRounds; round += 1) {
      const state = await store.load(jobId);
      if (!state || state.job.account !== account) throw notFound(`The job ${jobId}`);
      const { job } = state;
      if (isFinal(job.status)) throw new RestageError('job_finished', `The job has already ended: ${job.status}.`);
      try {
        await store.endFromOutside(job, endingOf(state, { status: 'canceled', error: null }), workQueue(job.backend));
        return;
      } catch (error) {
        // A worker was first; the job may still be cancelable in its new state.
        if (!(error instanceof StaleError)) throw error;
      }
    }
    throw new RestageError('overloaded', 'The job changes too fast to be canceled right now. Try again.', {
      headers: { 'retry-after': '1' },
      retryable: true,
    });
  };
