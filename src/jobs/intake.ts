import { checkedType } from '../images/accepted.ts';
import type { Decoder } from '../images/decoder.ts';
import type { Images } from '../images/images.ts';
import { imageTooLarge } from '../images/limits.ts';
import type { ProbedImage } from '../images/probe.ts';
import { overloaded, RestageError } from '../operations/errors.ts';
import { newId } from '../platform/ids.ts';
import { extensionOf } from '../platform/storage/keys.ts';
import type { SignedUpload, Storage } from '../platform/storage/storage.ts';
import type { Metrics } from '../platform/telemetry/telemetry.ts';
import type { ImageLimits } from './context.ts';
import type { AssetRecord } from './model.ts';
import type { JobStore } from './store.ts';

export interface Intake {
  /**
   * Streams a picture that came with a request into storage, hashed on the way and probed by its header. Pixels are
   * the worker's; it goes when the job ends.
   */
  keep(account: string, source: AsyncIterable<Uint8Array>): Promise<AssetRecord>;
  keepFrom(account: string, source: string, signal: AbortSignal): Promise<AssetRecord>;
  /** Makes an asset: decoded, and kept only as it was made anew, upright and without metadata. */
  upload(account: string, source: AsyncIterable<Uint8Array>): Promise<AssetRecord>;
  /** From a URL, a `data:` URI or an allowed bucket. */
  uploadFrom(account: string, source: string, signal: AbortSignal): Promise<AssetRecord>;
  presign(
    account: string,
    upload: { contentType: string; bytes: number },
  ): Promise<{ asset: AssetRecord; upload: SignedUpload }>;
  /** The asset, made from its direct upload if that is yet to be done; null when there is none. */
  ready(account: string, id: string): Promise<AssetRecord | null>;
  discard(asset: AssetRecord): Promise<void>;
}

interface IntakeParts {
  readonly store: Pick<JobStore, 'saveAsset' | 'assets' | 'deleteAssets'>;
  readonly storage: Storage;
  readonly images: Images;
  readonly decoder: Decoder;
  readonly metrics: Metrics;
  readonly limits: ImageLimits;
  readonly retentionDays: number;
  readonly now: () => number;
}

/** Enough of a file for its header in nearly every case; else the whole file is read again. */
const headBytes = 128 * 1024;
const uploadSeconds = 900;
const day = 86_400_000;
/** Longer than any job may take; a job deletes its own files when it ends. */
const requestFileDays = 2;
/** What an asset is kept as: photos as photos, all else without loss. */
const assetTypes = ['image/jpeg', 'image/png'];

type Facts = Pick<AssetRecord, 'id' | 'kind' | 'storageKey' | 'contentType' | 'width' | 'height' | 'bytes' | 'sha256'>;

export const createIntake = (parts: IntakeParts): Intake => {
  const { store, storage, images, decoder, limits, now } = parts;
  const { maxBytes, maxPixels } = limits;

  const save = async (account: string, days: number, facts: Facts): Promise<AssetRecord> => {
    const createdAt = new Date(now());
    const expiresAt = new Date(createdAt.getTime() + days * day);
    const asset: AssetRecord = { ...facts, account, status: 'ready', jobId: null, createdAt, expiresAt };
    try {
      await store.saveAsset(asset);
      return asset;
    } catch (error) {
      await storage.delete(asset.storageKey);
      throw error;
    }
  };

  const keep = async (account: string, source: AsyncIterable<Uint8Array>): Promise<AssetRecord> => {
    const id = newId('asset');
    const { contentType, probed, rest, letGo } = await inspect(source, parts);
    const storageKey = `uploads/${id}.${extensionOf(contentType)}`;
    try {
      const stored = await storage.put(storageKey, rest, { contentType, maxBytes });
      const { width, height } = probed ?? (await probeStored(parts, storageKey));
      return await save(account, requestFileDays, {
        id,
        kind: 'input',
        storageKey,
        contentType,
        width,
        height,
        ...stored,
      });
    } catch (error) {
      await storage.delete(storageKey);
      throw error;
    } finally {
      letGo();
    }
  };

  const upload = async (
    account: string,
    source: AsyncIterable<Uint8Array>,
    id = newId('asset'),
  ): Promise<AssetRecord> => {
    if (decoder.busy()) throw overloaded('Too many pictures wait to be read. Try again shortly.', 5);
    const { rest, letGo } = await inspect(source, parts);
    try {
      await using file = await decoder.spool.keep(rest, maxBytes);
      const made = await decoder.prepare(file, { types: assetTypes, maxPixels });
      await using _made = made.file;
      const { contentType, width, height } = made;
      const storageKey = `assets/${id}.${extensionOf(contentType)}`;
      const options = { contentType, maxBytes: Number.MAX_SAFE_INTEGER };
      const stored = await storage.put(storageKey, made.file.stream(), options);
      return await save(account, parts.retentionDays, {
        id,
        kind: 'upload',
        storageKey,
        contentType,
        width,
        height,
        ...stored,
      });
    } finally {
      letGo();
    }
  };

  return {
    keep,
    keepFrom: (account, source, signal) => keep(account, images.open(source, { signal })),
    upload,
    uploadFrom: (account, source, signal) => upload(account, images.open(source, { signal })),
    presign: async (account, { contentType, bytes }) => {
      if (bytes > maxBytes) throw imageTooLarge(maxBytes, bytes);
      const id = newId('asset');
      const storageKey = `direct/${id}.${extensionOf(contentType)}`;
      const signed = await storage.signedUpload(storageKey, { contentType, bytes, expiresInS: uploadSeconds });
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
        expiresAt: new Date(createdAt.getTime() + day),
      };
      await store.saveAsset(asset);
      // The link can be used again until it ends: whatever lies under its key after that is swept.
      const leftover = {
        ...asset,
        id: newId('asset'),
        kind: 'input' as const,
        expiresAt: new Date(signed.expiresAt.getTime() + 60_000),
      };
      await store.saveAsset(leftover);
      return { asset, upload: signed };
    },
    ready: async (account, id) => {
      const [asset] = await store.assets([{ account, id }]);
      if (!asset || asset.status === 'ready') return asset ?? null;
      const opened = await storage.open(asset.storageKey);
      if (opened) {
        const made = await upload(account, opened.stream, id);
        await storage.delete(asset.storageKey);
        return made;
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
const inspect = async (source: AsyncIterable<Uint8Array>, { decoder, metrics, limits: { maxPixels } }: IntakeParts) => {
  const { head, whole, rest, letGo } = await peek(source, metrics);
  try {
    const contentType = checkedType(head);
    const probed: ProbedImage | null = await decoder.probe(head, { maxPixels }).catch((error: unknown) => {
      // With a cause, the header could not be read: it may go on behind the head. Without, it says too much.
      if (whole || !(error instanceof RestageError) || error.retryable || error.cause === undefined) throw error;
      return null;
    });
    return { contentType, probed, rest, letGo };
  } catch (error) {
    letGo();
    throw error;
  }
};

/** For the rare header that lies behind the first bytes. */
const probeStored = async ({ storage, decoder, limits }: IntakeParts, key: string): Promise<ProbedImage> => {
  const opened = await storage.open(key);
  if (!opened) throw new Error(`an upload is gone: ${key}`);
  await using file = await decoder.spool.keep(opened.stream, limits.maxBytes);
  return decoder.probe(file, { maxPixels: limits.maxPixels });
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
