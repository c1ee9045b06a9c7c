import { defaultLimits } from '../../images/limits.ts';
import { RestageError } from '../../operations/errors.ts';
import type { JobError } from '../../operations/job.ts';
import { extensionOf } from '../../platform/storage/keys.ts';
import { ProviderError } from '../../provider.ts';
import type { Pass, StepOutcome, WorkerContext } from '../context.ts';
import { causesOf } from '../failure.ts';
import { storeJobFile } from '../job-file.ts';
import type { AssetRecord, PurchaseRecord, StoredArtifact } from '../model.ts';
import { backoffMs } from '../pace.ts';
import { providerContext } from '../provider-context.ts';

/** Copies finished pictures into our storage. A broken copy is repeated alone; nothing is bought for it. */
export const collect = async (
  context: WorkerContext,
  pass: Pass,
  finished: readonly PurchaseRecord[],
): Promise<StepOutcome> => {
  for (const purchase of finished) await collectOne(context, pass, purchase);
  return 'again';
};

const collectOne = async (context: WorkerContext, pass: Pass, purchase: PurchaseRecord): Promise<void> => {
  const { store, telemetry } = context;
  try {
    const asset = await copy(context, pass, purchase);
    if (!asset) return void (await store.savePurchase(purchase, { status: 'failed', error: blankOf(pass) }));
    await store.savePurchase(purchase, { status: 'collected', assetId: asset.id });
  } catch (error) {
    if (pass.signal.aborted) throw error;
    telemetry.log.warn(
      { job: purchase.jobId, purchase: purchase.id, cause: causesOf(error) },
      'copying the result failed',
    );
    // A download may be cut short; the same broken picture three times is what the provider has.
    const broken = error instanceof RestageError && purchase.checks >= 2;
    const gone = error instanceof ProviderError && !error.retryable;
    // Storage that is away comes back: the deadline is the limit.
    if (!broken && !gone) {
      const delayMs = backoffMs(purchase.checks, 500, 30_000, context.random);
      await store.savePurchase(purchase, { checks: purchase.checks + 1, notBefore: new Date(context.now() + delayMs) });
      return;
    }
    const failure = {
      code: 'collect_failed' as const,
      message: 'The result could not be copied to storage.',
      retryable: true,
      provider: pass.backend.provider.id,
    };
    await store.savePurchase(purchase, { status: 'failed', error: failure });
  }
};

/** How services hide what they will not show. */
const blankOf = ({ backend }: Pass): JobError => ({
  code: 'moderated',
  message: 'The provider returned a picture of one colour, as it does for what it will not show.',
  retryable: false,
  provider: backend.provider.id,
  stage: 'output',
});

/** Null: there is nothing to see on it. */
const copy = async (context: WorkerContext, pass: Pass, purchase: PurchaseRecord): Promise<AssetRecord | null> => {
  const { state, signal } = pass;
  const { job } = state;
  if (!purchase.artifact) throw new Error('a finished purchase without its artifact');
  const { decoder, limits } = context;
  await using raw = await decoder.spool.keep(await open(context, pass, purchase.artifact), limits.maxBytes * 4);
  const isLast = purchase.stage === job.plan.stages.length - 1;
  const format = isLast ? (job.request.fields.output_format ?? 'png') : 'png';
  const { blank, contentType, width, height, file } = await decoder.verify(raw, {
    format,
    maxPixels: defaultLimits.maxPixels,
    signal,
  });
  await using _file = file;
  if (blank) return null;
  const kind = isLast ? 'result' : 'stage';
  // Both told by the purchase, so that a copy that runs twice makes the same asset and the same object.
  const id = purchase.id.replace('purchase_', 'asset_');
  const storageKey = `${kind}s/${job.id}/${purchase.picture}-${purchase.stage}.${extensionOf(contentType)}`;
  // Awaited here: the files are deleted when this function is left.
  return await storeJobFile(
    context,
    job,
    { id, kind, storageKey, contentType, width, height, source: file.stream() },
    signal,
  );
};

const open = async (
  context: WorkerContext,
  pass: Pass,
  artifact: StoredArtifact,
): Promise<AsyncIterable<Uint8Array>> => {
  if ('handle' in artifact) {
    if (!pass.backend.provider.open) throw new Error('the provider names a handle it cannot open');
    return pass.backend.provider.open(artifact.handle, providerContext(context, pass));
  }
  const opened = await context.storage.open(artifact.storageKey);
  if (!opened) throw new Error(`the raw result is gone: ${artifact.storageKey}`);
  return opened.stream;
};
