import { type Images, readBytes } from '../images/images.ts';
import { imageTooLarge } from '../images/limits.ts';
import { checkedType, probeImage } from '../images/probe.ts';
import { RestageError } from '../operations/errors.ts';
import { newId } from '../platform/ids.ts';
import { extensionOf } from '../platform/storage/keys.ts';
import type { SignedUpload, Storage } from '../platform/storage/storage.ts';
import type { Metrics } from '../platform/telemetry/telemetry.ts';
import type { ImageLimits } from './context.ts';
import type { AssetRecord } from './model.ts';
import type { JobStore } from './store.ts';

export interface Intake {
  /** Streams an image into storage, hashing it on the way, and probes it by content. */
  keep(account: string, source: AsyncIterable<Uint8Array>, id?: string): Promise<AssetRecord>;
  /** From a URL, a `data:` URI or an allowed bucket. */
  keepFrom(account: string, source: string, signal: AbortSignal): Promise<AssetRecord>;
  presign(
    account: string,
    upload: { contentType: string; bytes: number },
  ): Promise<{ asset: AssetRecord; upload: SignedUpload }>;
  /** The asset, probed; null when there is none. */
  ready(account: string, id: string): Promise<AssetRecord | null>;
  discard(asset: AssetRecord): Promise<void>;
}

interface IntakeParts {
  readonly store: Pick<JobStore, 'saveAsset' | 'assets' | 'deleteAssets'>;
  readonly storage: Storage;
  readonly images: Images;
  readonly metrics: Metrics;
  readonly limits: ImageLimits;
  readonly retentionDays: number;
  readonly now: () => number;
}

/** Enough of a file for its header in nearly every case; else the whole file is read again. */
const headBytes = 128 * 1024;
const uploadSeconds = 900;

export const createIntake = (parts: IntakeParts): Intake => {
  const { store, storage, images, limits, now } = parts;

  /** Stored under a key of its own; what is no image of a known kind is let go of at once. */
  const put = async (id: string, source: AsyncIterable<Uint8Array>) => {
    const { contentType, probed, rest, letGo } = await inspect(source, parts);
    try {
      const storageKey = `uploads/${id}.${extensionOf(contentType)}`;
      const stored = await storage.put(storageKey, rest, { contentType, maxBytes: limits.maxBytes });
      return { probed, contentType, storageKey, stored };
    } finally {
      letGo();
    }
  };

  const keep = async (
    account: string,
    source: AsyncIterable<Uint8Array>,
    id = newId('asset'),
  ): Promise<AssetRecord> => {
    const { probed, contentType, storageKey, stored } = await put(id, source);
    try {
      const { width, height } = probed ?? (await probeStored(storage, storageKey, limits));
      const createdAt = new Date(now());
      const expiresAt = new Date(createdAt.getTime() + parts.retentionDays * 86_400_000);
      const asset: AssetRecord = {
        id,
        account,
        status: 'ready',
        kind: 'upload',
        jobId: null,
        storageKey,
        contentType,
        width,
        height,
        ...stored,
        createdAt,
        expiresAt,
      };
      await store.saveAsset(asset);
      return asset;
    } catch (error) {
      await storage.delete(storageKey);
      throw error;
    }
  };

  return {
    keep,
    keepFrom: (account, source, signal) => keep(account, images.open(source, { signal })),
    presign: async (account, { contentType, bytes }) => {
      if (bytes > limits.maxBytes) throw imageTooLarge(limits.maxBytes, bytes);
      const id = newId('asset');
      const storageKey = `direct/${id}.${extensionOf(contentType)}`;
      const upload = await storage.signedUpload(storageKey, { contentType, bytes, expiresInS: uploadSeconds });
      const createdAt = new Date(now());
      const asset: AssetRecord = {
        id,
        account,
        status: 'awaiting',
        kind: 'upload',
        jobId: null,
        storageKey,
        contentType,
        width: 0,
        height: 0,
        bytes,
        sha256: '',
        createdAt,
        expiresAt: new Date(createdAt.getTime() + 86_400_000),
      };
      await store.saveAsset(asset);
      // The link can be used again until it ends: whatever lies under its key after that is swept.
      const leftover = {
        ...asset,
        id: newId('asset'),
        kind: 'input' as const,
        expiresAt: new Date(upload.expiresAt.getTime() + 60_000),
      };
      await store.saveAsset(leftover);
      return { asset, upload };
    },
    ready: async (account, id) => {
      const [asset] = await store.assets([{ account, id }]);
      if (!asset || asset.status === 'ready') return asset ?? null;
      const opened = await storage.open(asset.storageKey);
      if (opened) {
        const kept = await keep(account, opened.stream, id);
        await storage.delete(asset.storageKey);
        return kept;
      }
      // Another request may have taken it up in between.
      const [now] = await store.assets([{ account, id }]);
      if (now?.status !== 'awaiting') return now ?? null;
      throw new RestageError(
        'unprocessable_image',
        `Nothing was uploaded for ${id} yet. PUT the file to the presigned URL first.`,
      );
    },
    discard: async (asset) => {
      await store.deleteAssets([asset.id]);
      await storage.delete(asset.storageKey);
    },
  };
};

/** The head is looked at before the rest comes, and then forgotten: many uploads at once must not hold many heads. */
const inspect = async (source: AsyncIterable<Uint8Array>, { metrics, limits }: IntakeParts) => {
  const { head, whole, rest, letGo } = await peek(source, metrics);
  try {
    const contentType = checkedType(head);
    const probed = await probeImage(head, { maxPixels: limits.maxPixels }).catch((error: unknown) => {
      if (whole) throw error;
      return null;
    });
    return { contentType, probed, rest, letGo };
  } catch (error) {
    letGo();
    throw error;
  }
};

/** For the rare header that lies behind the first bytes. */
const probeStored = async (storage: Storage, key: string, limits: ImageLimits) => {
  const opened = await storage.open(key);
  if (!opened) throw new Error(`an upload is gone: ${key}`);
  return probeImage(await readBytes(opened.stream, limits.maxBytes), { maxPixels: limits.maxPixels });
};

/** The first bytes, and a stream that has them too. What is held in memory is counted. `letGo` ends the source. */
const peek = async (source: AsyncIterable<Uint8Array>, metrics: Metrics) => {
  const iterator = source[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let ended = false;
  const next = async (): Promise<void> => {
    const { value, done } = await iterator.next();
    if (done) {
      ended = true;
      return;
    }
    held.push(value);
    metrics.inFlight(value.byteLength);
  };
  const letGo = (): void => {
    for (const { byteLength } of held.splice(0)) metrics.inFlight(-byteLength);
    // Not awaited: a source that hangs would hang its own end.
    if (!ended) iterator.return?.().catch(() => {});
    ended = true;
  };
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    while (held.length > 0 || !ended) {
      const [chunk] = held;
      if (chunk) {
        yield chunk;
        if (held.shift()) metrics.inFlight(-chunk.byteLength);
      } else await next();
    }
  };
  try {
    while (held.reduce((sum, { byteLength }) => sum + byteLength, 0) < headBytes && !ended) await next();
  } catch (error) {
    letGo();
    throw error;
  }
  return { head: Buffer.concat(held), whole: ended, rest: rest(), letGo };
};

/** The same error, with the place of the image in the request. */
export const pointedAt = (pointer: string, error: unknown): unknown => {
  if (!(error instanceof RestageError) || error.errors.length > 0) return error;
  const { code, message, headers, retryable } = error;
  return new RestageError(code, message, { errors: [{ pointer, message }], headers, retryable, cause: error });
};
