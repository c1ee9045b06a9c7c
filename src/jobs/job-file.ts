import { newId } from '../platform/ids.ts';
import type { WorkerContext } from './context.ts';
import type { AssetRecord, JobRecord } from './model.ts';

interface JobFile {
  readonly id?: string;
  readonly kind: 'input' | 'stage' | 'result';
  readonly storageKey: string;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly source: AsyncIterable<Uint8Array>;
}

const day = 86_400_000;

/**
 * Puts a picture of a job into storage, with a row that says how long it stays. Results stay as long as the operator
 * keeps them; inputs and stages go when the job ends, and a day after its deadline if a process dies before that.
 */
export const storeJobFile = async (
  { storage, store, now, retentionDays }: WorkerContext,
  job: JobRecord,
  { id = newId('asset'), source, ...file }: JobFile,
  signal?: AbortSignal,
): Promise<AssetRecord> => {
  const { contentType, storageKey } = file;
  const options = { contentType, maxBytes: Number.MAX_SAFE_INTEGER, ...(signal && { signal }) };
  const stored = await storage.put(storageKey, source, options);
  const createdAt = new Date(now());
  const expiresAt =
    file.kind === 'result'
      ? new Date(createdAt.getTime() + retentionDays * day)
      : new Date(job.deadlineAt.getTime() + day);
  const asset: AssetRecord = {
    id,
    account: job.account,
    status: 'ready',
    jobId: job.id,
    ...file,
    ...stored,
    createdAt,
    expiresAt,
  };
  await store.saveAsset(asset);
  return asset;
};
