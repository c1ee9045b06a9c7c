import type { JobError } from '../operations/job.ts';
import type { JobState, PurchaseRecord } from './model.ts';
import type { Ending } from './store.ts';

/** The final facts of a job, from its rows. What was paid counts also when the job failed. */
export const endingOf = (
  { purchases, job }: JobState,
  end: {
    status: Ending['status'];
    error: JobError | null;
    outputs?: readonly string[];
    adjustments?: Ending['adjustments'];
  },
): Ending => {
  const mayHaveBought = purchases.some(({ status }) => status === 'starting' || status === 'unknown');
  return {
    status: end.status,
    error: end.error,
    outputs: end.outputs ?? [],
    ...(end.adjustments && { adjustments: end.adjustments }),
    costUsd: costOf(purchases),
    timings: { ...job.timings, ...durations(purchases) },
    attempt: end.status === 'failed' && mayHaveBought ? 'unknown' : end.status,
  };
};

export const overdueEnding = (state: JobState): Ending => {
  const message = 'The deadline passed before the job was done.';
  const error = { code: 'deadline_exceeded' as const, message, retryable: true, provider: state.job.provider };
  return endingOf(state, { status: 'failed', error });
};

const costOf = (purchases: readonly PurchaseRecord[]): number | null => {
  const costs = purchases.flatMap(({ costUsd }) => costUsd ?? []);
  return costs.length > 0 ? Number(costs.reduce((sum, cost) => sum + cost, 0).toFixed(6)) : null;
};

const durations = (purchases: readonly PurchaseRecord[]): { provider?: number } => {
  const starts = purchases.flatMap(({ startedAt }) => startedAt?.getTime() ?? []);
  const ends = purchases.flatMap(({ finishedAt }) => finishedAt?.getTime() ?? []);
  if (starts.length === 0 || ends.length === 0) return {};
  return { provider: Math.max(0, Math.max(...ends) - Math.min(...starts)) };
};
