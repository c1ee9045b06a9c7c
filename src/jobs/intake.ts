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
const headBytes = 256 * 1024;
const uploadSeconds = 900;

export const createIntake = (parts: IntakeParts): Intake => {
  const { store, storage, images, limits, metrics, now } = parts;

  const keep = async (
    account: string,
    source: AsyncIterable<Uint8Array>,
    id = newId('asset'),
  ): Promise<AssetRecord> => {
    const { head, rest } = await peek(source);
    const contentType = checkedType(head);
    const storageKey = `uploads/${id}.${extensionOf(contentType)}`;
    const stored = await storage.put(storageKey, counted(rest, metrics), { contentType, maxBytes: limits.maxBytes });
    try {
      const { width, height } = await probe(storage, storageKey, head, stored.bytes, limits);
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
      return { asset, upload };
    },
    ready: async (account, id) => {
      const [asset] = await store.assets([{ account, id }]);
      if (!asset || asset.status === 'ready') return asset ?? null;
      const opened = await storage.open(asset.storageKey);
      if (!opened)
        throw new RestageError(
          'unprocessable_image',
          `Nothing was uploaded for ${id} yet. PUT the file to the presigned URL first.`,
        );
      const kept = await keep(account, opened.stream, id);
      await storage.delete(asset.storageKey);
      return kept;
    },
    discard: async (asset) => {
      await store.deleteAssets([asset.id]);
      await storage.delete(asset.storageKey);
    },
  };
};

const probe = async (storage: Storage, key: string, head: Uint8Array, bytes: number, limits: ImageLimits) => {
  const options = { maxPixels: limits.maxPixels };
  if (bytes <= head.byteLength) return probeImage(head, options);
  try {
    return await probeImage(head, options);
  } catch {
    const opened = await storage.open(key);
    if (!opened) throw new Error(`an upload is gone: ${key}`);
    return probeImage(await readBytes(opened.stream, limits.maxBytes), options);
  }
};

/** The first bytes, and a stream that has them too. */
const peek = async (
  source: AsyncIterable<Uint8Array>,
): Promise<{ head: Uint8Array; rest: AsyncIterable<Uint8Array> }> => {
  const iterator = source[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let ended = false;
  while (bytes < headBytes && !ended) {
    const { value, done } = await iterator.next();
    if (done) ended = true;
    else {
      chunks.push(value);
      bytes += value.byteLength;
    }
  }
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    try {
      while (chunks.length > 0) yield chunks.shift() as Uint8Array;
      while (!ended) {
        const { value, done } = await iterator.next();
        if (done) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  };
  return { head: Buffer.concat(chunks), rest: rest() };
};

async function* counted(source: AsyncIterable<Uint8Array>, metrics: Metrics): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    metrics.inFlight(chunk.byteLength);
    try {
      yield chunk;
    } finally {
      metrics.inFlight(-chunk.byteLength);
    }
  }
}
