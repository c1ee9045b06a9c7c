import type { Pass, StepOutcome, WorkerContext } from '../context.ts';
import { causesOf } from '../failure.ts';
import type { JobRecord, PurchaseRecord } from '../model.ts';
import { persist } from '../persist.ts';
import { providerContext } from '../provider-context.ts';
import { buyerLives, settleLost } from './resolve.ts';

/** The job has ended. What still runs upstream is canceled, what was only for the work is deleted. */
export const tidy = async (context: WorkerContext, pass: Pass): Promise<StepOutcome> => {
  const { state, delivery } = pass;
  const unsure = state.purchases.filter(({ status, notBefore }) => status === 'starting' && notBefore !== null);
  const soonest = Math.min(...unsure.map(({ notBefore }) => notBefore?.getTime() ?? 0));
  if (unsure.length > 0 && soonest > context.now()) {
    await context.store.handOver({ delivery, again: { queue: delivery.queue, delayMs: soonest - context.now() } });
    return 'handed_over';
  }
  let gaveUp = false;
  for (const purchase of state.purchases) {
    if (purchase.status === 'planned') await context.store.savePurchase(purchase, { status: 'canceled' });
    if (purchase.status === 'pending') await cancelUpstream(context, pass, purchase);
    if (purchase.status !== 'starting' || (await buyerLives(context, pass, purchase))) continue;
    await giveUp(context, pass, purchase);
    gaveUp = true;
  }
  // A lookup may have found work that goes on upstream.
  if (gaveUp) return 'again';
  await deleteWorkFiles(context, state.job);
  await context.store.handOver({ delivery });
  return 'handed_over';
};

const cancelUpstream = async (context: WorkerContext, pass: Pass, purchase: PurchaseRecord): Promise<void> => {
  const { provider } = pass.backend;
  try {
    if (provider.cancel && purchase.ticket) await provider.cancel(purchase.ticket, providerContext(context, pass));
  } catch (error) {
    context.telemetry.log.warn(
      { job: purchase.jobId, purchase: purchase.id, cause: causesOf(error) },
      'cancel upstream failed',
    );
  }
  await persist(() =>
    context.store.savePurchase(purchase, { status: 'canceled', finishedAt: new Date(context.now()) }),
  );
};

const giveUp = async (context: WorkerContext, pass: Pass, purchase: PurchaseRecord): Promise<void> => {
  if (pass.backend.provider.manifest.submission === 'idempotent') {
    await context.store.savePurchase(purchase, { status: 'canceled', finishedAt: new Date(context.now()) });
  } else {
    await settleLost(context, pass, purchase);
  }
};

/** Inputs and stages; files that came with the request; and pictures that came too late to be results. */
const deleteWorkFiles = async ({ store, storage }: WorkerContext, job: JobRecord): Promise<void> => {
  const { id, account, outputs } = job;
  const sent = job.request.images.flatMap(({ source }) =>
    source.startsWith('asset_') ? [{ account, id: source }] : [],
  );
  const named = sent.length > 0 ? await store.assets(sent) : [];
  const own = [
    ...(await store.assetsOfJob(id)).filter(({ kind, id: asset }) => kind !== 'upload' && !outputs.includes(asset)),
    ...named.filter((asset) => asset !== null).filter(({ kind }) => kind === 'input'),
  ];
  for (const { storageKey } of own) await storage.delete(storageKey);
  await store.deleteAssets(own.map((asset) => asset.id));
};
