import type { Pass, StepOutcome, WorkerContext } from '../context.ts';
import { causesOf } from '../failure.ts';
import type { PurchaseRecord } from '../model.ts';
import { backoffMs } from '../pace.ts';
import { providerContext } from '../provider-context.ts';
import type { PurchaseChange } from '../store.ts';

/** A start that takes the process down each time must not take it down for ever. */
const mostTries = 5;
const mostLookups = 6;

/**
 * Somebody went out to buy and brought no answer back: a crash, a timeout, a broken line. What may be done depends on
 * the provider; a second purchase in silence is never among it.
 */
export const resolve = async (
  context: WorkerContext,
  pass: Pass,
  lost: readonly PurchaseRecord[],
): Promise<StepOutcome> => {
  const { store } = context;
  for (const purchase of lost) {
    if (await buyerLives(context, pass, purchase)) {
      // Another worker is on it and looks at the rows itself when it is back.
      await store.handOver({ delivery: pass.delivery });
      return 'handed_over';
    }
  }
  for (const purchase of lost) await settleLost(context, pass, purchase);
  return 'again';
};

/** The exchange goes on only in a delivery that is not ours and that some worker still holds. */
export const buyerLives = async (
  { store }: WorkerContext,
  { delivery }: Pass,
  { entryId, entryAttempt }: PurchaseRecord,
): Promise<boolean> =>
  entryId !== null &&
  entryAttempt !== null &&
  entryId !== delivery.entryId &&
  (await store.isHeld(entryId, entryAttempt));

export const settleLost = async (context: WorkerContext, pass: Pass, purchase: PurchaseRecord): Promise<void> => {
  const change = await verdict(context, pass, purchase);
  const saved = await context.store.savePurchase(purchase, change);
  if (!saved || change.status !== 'unknown') return;
  const { backend, state } = pass;
  context.telemetry.metrics.unknownOutcome(backend.name);
  context.telemetry.log.error(
    { job: state.job.id, purchase: purchase.id, backend: backend.name },
    'outcome unknown: it may have been bought',
  );
};

const verdict = async (context: WorkerContext, pass: Pass, purchase: PurchaseRecord): Promise<PurchaseChange> => {
  const { provider } = pass.backend;
  const at = new Date(context.now());
  const later = new Date(context.now() + backoffMs(purchase.tries + purchase.checks, 500, 30_000, context.random));
  if (provider.manifest.submission === 'idempotent') {
    if (purchase.tries < mostTries) return { status: 'planned', notBefore: later };
    const error = {
      code: 'provider_error' as const,
      message: `The provider failed ${mostTries} times.`,
      retryable: true,
      provider: provider.id,
    };
    return { status: 'failed', error, finishedAt: at };
  }
  if (provider.manifest.submission === 'lookup' && provider.lookup && purchase.checks < mostLookups) {
    try {
      const found = await provider.lookup(purchase.id, providerContext(context, pass));
      if (found.status === 'found') return { status: 'pending', ticket: found.ticket, notBefore: null, checks: 0 };
      if (found.status === 'absent') {
        // A request may still be on its way, or with a worker that was frozen: only later does absence prove anything.
        const settledAt = (purchase.startedAt?.getTime() ?? 0) + (provider.manifest.settlesWithinSeconds ?? 60) * 1_000;
        if (context.now() < settledAt) return { notBefore: new Date(settledAt) };
        return { status: 'planned', notBefore: later, checks: 0 };
      }
    } catch (error) {
      context.telemetry.log.warn(
        { job: purchase.jobId, purchase: purchase.id, cause: causesOf(error) },
        'lookup failed',
      );
    }
    return { checks: purchase.checks + 1, notBefore: later };
  }
  const error = {
    code: 'outcome_unknown' as const,
    message: 'The provider may or may not have done the work; it was not bought again.',
    retryable: false,
    provider: provider.id,
  };
  return { status: 'unknown', error, finishedAt: at };
};
