import { extensionOf } from '../platform/storage/keys.ts';
import type { Artifact, Finished } from '../provider.ts';
import type { WorkerContext } from './context.ts';
import { storeJobFile } from './job-file.ts';
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
  context: WorkerContext,
  job: JobRecord,
  purchase: PurchaseRecord,
  artifact: Artifact,
): Promise<StoredArtifact> => {
  if ('handle' in artifact) return artifact;
  const { contentType, bytes } = artifact;
  const storageKey = `raw/${purchase.id}.${extensionOf(contentType)}`;
  // Its size is not known before it is decoded, which is not done before it is safe.
  const file = { kind: 'stage' as const, storageKey, contentType, width: 0, height: 0, source: once(bytes) };
  await storeJobFile(context, job, file);
  return { storageKey, contentType };
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
