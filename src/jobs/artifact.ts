import { newId } from '../platform/ids.ts';
import { extensionOf } from '../platform/storage/keys.ts';
import type { Artifact, Finished } from '../provider.ts';
import type { WorkerContext } from './context.ts';
import type { JobRecord, PurchaseRecord, StoredArtifact } from './model.ts';
import type { PurchaseChange } from './store.ts';

/** What a finished exchange means for its purchase. Bytes are put into storage before anything is said about them. */
export const finishedChange = async (
  context: WorkerContext,
  job: JobRecord,
  purchase: PurchaseRecord,
  finished: Finished,
): Promise<PurchaseChange> => {
  const [artifact] = finished.artifacts;
  const at = new Date(context.now());
  if (!artifact) {
    const error = {
      code: 'provider_error' as const,
      message: 'The provider finished without a picture.',
      retryable: true,
      provider: job.provider,
    };
    return { status: 'failed', error, finishedAt: at, costUsd: finished.costUsd ?? purchase.priceUsd };
  }
  return {
    status: 'finished',
    artifact: await keep(context, job, purchase, artifact),
    costUsd: finished.costUsd ?? purchase.priceUsd,
    checks: 0,
    notBefore: null,
    finishedAt: at,
    ...(finished.upstreamId !== undefined && { upstreamId: finished.upstreamId }),
  };
};

const keep = async (
  { storage, store, now }: WorkerContext,
  job: JobRecord,
  purchase: PurchaseRecord,
  artifact: Artifact,
): Promise<StoredArtifact> => {
  if ('handle' in artifact) return artifact;
  const { bytes, contentType } = artifact;
  const storageKey = `raw/${purchase.id}.${extensionOf(contentType)}`;
  const stored = await storage.put(storageKey, once(bytes), { contentType, maxBytes: Number.MAX_SAFE_INTEGER });
  const expiresAt = new Date(job.deadlineAt.getTime() + 86_400_000);
  await store.saveAsset({
    id: newId('asset'),
    account: job.account,
    status: 'ready',
    kind: 'stage',
    jobId: job.id,
    storageKey,
    contentType,
    width: 0,
    height: 0,
    ...stored,
    createdAt: new Date(now()),
    expiresAt,
  });
  return { storageKey, contentType };
};

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
