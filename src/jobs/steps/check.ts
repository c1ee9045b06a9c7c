import { ProviderError } from '../../provider.ts';
import { finishedChange } from '../artifact.ts';
import type { Pass, StepOutcome, WorkerContext } from '../context.ts';
import { causesOf, failureOf } from '../failure.ts';
import type { PurchaseRecord } from '../model.ts';
import { backoffMs, checkDelayMs } from '../pace.ts';
import { providerContext } from '../provider-context.ts';
import type { PurchaseChange } from '../store.ts';

/** Asks how the work upstream goes. Asking costs nothing, so a failed question is asked again until the deadline. */
export const check = async (
  context: WorkerContext,
  pass: Pass,
  pending: readonly PurchaseRecord[],
): Promise<StepOutcome> => {
  await Promise.all(
    pending.map(async (purchase) => {
      const change = await ask(context, pass, purchase).catch((error: unknown) =>
        changeAfterFailure(context, pass, purchase, error),
      );
      await context.store.savePurchase(purchase, change);
    }),
  );
  return 'again';
};

const ask = async (context: WorkerContext, pass: Pass, purchase: PurchaseRecord): Promise<PurchaseChange> => {
  const { state, backend } = pass;
  if (!backend.provider.check || !purchase.ticket)
    throw new ProviderError('provider_error', 'The provider cannot be asked about its work.');
  const answer = await backend.provider.check(purchase.ticket, providerContext(context, pass));
  if (answer.status === 'finished') return finishedChange(context, state.job, purchase, answer);
  if (answer.progress !== undefined) await context.store.saveProgress(state.job.id, Math.min(0.99, answer.progress));
  const elapsedMs = context.now() - (purchase.startedAt?.getTime() ?? context.now());
  const delayMs = checkDelayMs(state.job.plan.expectedSeconds, elapsedMs, context.random);
  return { checks: purchase.checks + 1, notBefore: new Date(context.now() + delayMs) };
};

const changeAfterFailure = (
  context: WorkerContext,
  pass: Pass,
  purchase: PurchaseRecord,
  error: unknown,
): PurchaseChange => {
  const { job } = pass.state;
  context.telemetry.log.warn({ job: job.id, purchase: purchase.id, cause: causesOf(error) }, 'check failed');
  if (error instanceof ProviderError && !error.retryable) {
    return { status: 'failed', error: failureOf(error, pass.backend.provider.id), finishedAt: new Date(context.now()) };
  }
  const wanted = error instanceof ProviderError ? (error.retryAfter ?? 0) * 1_000 : 0;
  const delayMs = Math.max(wanted, backoffMs(purchase.checks, 1_000, 60_000, context.random));
  return { checks: purchase.checks + 1, notBefore: new Date(context.now() + delayMs) };
};
