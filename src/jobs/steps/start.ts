import { type Finished, ProviderError, type Started } from '../../provider.ts';
import { finishedChange } from '../artifact.ts';
import type { Pass, StepOutcome, WorkerContext } from '../context.ts';
import { causesOf, failureOf } from '../failure.ts';
import type { PurchaseRecord } from '../model.ts';
import { backoffMs, checkDelayMs } from '../pace.ts';
import { persist } from '../persist.ts';
import { beforeSending, type StoredImage, startContext } from '../provider-context.ts';
import type { PurchaseChange } from '../store.ts';

/**
 * Buys. `starting` is committed before the first byte leaves, by a worker that still holds the delivery; the answer is
 * stored before anything else is done with it. What ends without a clear answer stays `starting`, for `resolve`.
 */
export const start = async (
  context: WorkerContext,
  pass: Pass,
  planned: readonly PurchaseRecord[],
): Promise<StepOutcome> => {
  const { state, delivery } = pass;
  await context.store.beginStart(state.job, planned, delivery, new Date(context.now()));
  await Promise.all(
    planned.map((purchase) => buy(context, pass, { ...purchase, status: 'starting', tries: purchase.tries + 1 })),
  );
  return 'again';
};

const buy = async (context: WorkerContext, pass: Pass, purchase: PurchaseRecord): Promise<void> => {
  const { state, backend } = pass;
  const { log } = context.telemetry;
  const names = { job: state.job.id, purchase: purchase.id, backend: backend.name };
  const answer = await exchange(context, pass, purchase).catch((error: unknown) => {
    log.warn({ ...names, cause: causesOf(error) }, 'start failed');
    return { failure: error };
  });
  // From here on the answer is ours: storage and database may be away, but it is not asked for again.
  const change =
    'failure' in answer
      ? changeAfterFailure(context, pass, purchase, answer.failure)
      : await persist(() => changeAfter(context, pass, purchase, answer));
  if (!change) return;
  const saved = await persist(() => context.store.savePurchase(purchase, change));
  // Somebody gave this purchase up while we were away; whatever came after all is for an operator to see.
  if (!saved)
    log.error(
      { ...names, upstream: change.upstreamId, late: change.status },
      'an answer came for a purchase that was given up',
    );
};

const exchange = async (context: WorkerContext, pass: Pass, purchase: PurchaseRecord): Promise<Finished | Started> => {
  const stage = pass.state.job.plan.stages[purchase.stage];
  if (!stage) throw new Error(`the plan has no stage ${purchase.stage}`);
  const before = await beforeSending(() => imageBefore(context, pass, purchase));
  return pass.backend.provider.start(stage, startContext(context, pass, purchase, before));
};

const changeAfter = async (
  context: WorkerContext,
  { state }: Pass,
  purchase: PurchaseRecord,
  answer: Finished | Started,
): Promise<PurchaseChange> => {
  if (answer.status === 'finished') return finishedChange(context, state.job, purchase, answer);
  return {
    status: 'pending',
    ticket: answer.ticket,
    upstreamId: answer.upstreamId ?? null,
    notBefore: new Date(context.now() + checkDelayMs(state.job.plan.expectedSeconds, 0, context.random)),
  };
};

/** Null: unclear whether something was bought. */
const changeAfterFailure = (
  context: WorkerContext,
  pass: Pass,
  purchase: PurchaseRecord,
  error: unknown,
): PurchaseChange | null => {
  if (!(error instanceof ProviderError)) return null;
  const failure = failureOf(error, pass.backend.provider.id);
  if (!error.retryable) return { status: 'failed', error: failure, finishedAt: new Date(context.now()) };
  if (error.bought !== 'no') return null;
  const delayMs = Math.max((error.retryAfter ?? 0) * 1_000, backoffMs(purchase.tries, 500, 60_000, context.random));
  return { status: 'planned', error: failure, notBefore: new Date(context.now() + delayMs) };
};

const imageBefore = async (
  { store }: WorkerContext,
  { state }: Pass,
  purchase: PurchaseRecord,
): Promise<StoredImage | null> => {
  const before = state.purchases.find(
    ({ picture, stage }) => picture === purchase.picture && stage === purchase.stage - 1,
  );
  if (!before?.assetId) return null;
  const [asset] = await store.assets([{ account: state.job.account, id: before.assetId }]);
  return asset ?? null;
};
