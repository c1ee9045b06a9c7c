import type { JobError } from '../../operations/job.ts';
import type { Step } from '../context.ts';
import { endingOf } from '../ending.ts';
import type { PurchaseRecord } from '../model.ts';

/** Every picture has come to its end: the job is what they are. Some pictures are a success that says how many. */
export const settle: Step = async ({ store, now }, { state }) => {
  const { job, purchases } = state;
  const lastStage = job.plan.stages.length - 1;
  const outputs = purchases
    .filter(({ stage, status }) => stage === lastStage && status === 'collected')
    .flatMap(({ assetId }) => assetId ?? []);
  const asked = job.request.fields.count ?? 1;
  const failure = failureOf(purchases);

  const ending =
    outputs.length > 0
      ? endingOf(state, {
          status: 'succeeded',
          error: null,
          outputs,
          ...(outputs.length < asked && {
            adjustments: [...job.adjustments, fewer(outputs.length, asked, job.provider, failure)],
          }),
        })
      : endingOf(state, { status: 'failed', error: failure });
  await store.end(job, withCollectTime(ending, purchases, now()), null);
  return 'again';
};

const withCollectTime = <Ended extends { timings: object }>(
  ending: Ended,
  purchases: readonly PurchaseRecord[],
  nowMs: number,
): Ended => {
  const finished = purchases.flatMap(({ finishedAt }) => finishedAt?.getTime() ?? []);
  return finished.length > 0
    ? { ...ending, timings: { ...ending.timings, collect: Math.max(0, nowMs - Math.max(...finished)) } }
    : ending;
};

/** An unknown outcome weighs most: money may have been spent. */
const failureOf = (purchases: readonly PurchaseRecord[]): JobError => {
  const failed = purchases.filter(
    ({ error, status }) => error !== null && (status === 'failed' || status === 'unknown'),
  );
  const worst = failed.find(({ status }) => status === 'unknown') ?? failed[0];
  return worst?.error ?? { code: 'provider_error', message: 'No picture came back.', retryable: true };
};

const fewer = (made: number, asked: number, provider: string, failure: JobError) => ({
  field: 'count',
  action: 'approximated' as const,
  provider,
  detail: `${made} of ${asked} pictures: ${failure.message}`,
});
