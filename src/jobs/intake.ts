import type { Decoder } from '../images/decoder.ts';
import type { Images } from '../images/images.ts';
import type { ProbedImage } from '../images/probe.ts';
import { overloaded, RestageError } from '../operations/errors.ts';
import { newId } from '../platform/ids.ts';
import { extensionOf } from '../platform/storage/keys.ts';
import type { Storage } from '../platform/storage/storage.ts';
import type { Metrics } from '../platform/telemetry/telemetry.ts';
import type { ImageLimits } from './context.ts';
import { createDirectUploads, type DirectUploads } from './direct-upload.ts';
import { inspect } from './head.ts';
import type { AssetRecord } from './model.ts';
import type { JobStore } from './store.ts';

export interface Intake extends DirectUploads {
  /**
   * Streams a picture that came with a request into storage, hashed on the way and probed by its header. Pixels are
   * the worker's; it goes when the job ends.
   */
  keep(account: string, source: AsyncIterable<Uint8Array>): Promise<AssetRecord>;
  /** Makes an asset: decoded, and kept only as it was made anew, upright and without metadata. */
  upload(account: string, source: AsyncIterable<Uint8Array>): Promise<AssetRecord>;
  /** From a URL, a `data:` URI or an allowed bucket. */
  uploadFrom(account: string, source: string, signal: AbortSignal): Promise<AssetRecord>;
  discard(asset: AssetRecord): Promise<void>;
}

interface IntakeParts {
  readonly store: Pick<JobStore, 'saveAsset' | 'assets' | 'deleteAssets' | 'fulfilAsset'>;
  readonly storage: Storage;
  readonly images: Images;
  readonly decoder: Decoder;
  readonly metrics: Metrics;
  readonly limits: ImageLimits;
  readonly retentionDays: number;
  readonly now: () => number;
}

const day = 86_400_000;
/** Longer than any job may take; a job deletes its own files when it ends. */
const requestFileDays = 2;
/** What an asset is kept as: photos as photos, all else without loss. */
const assetTypes = ['image/jpeg', 'image/png'];

export const createIntake = (parts: IntakeParts): Intake => {
  const { store, storage, images, decoder, limits, now } = parts;
  const { maxBytes, maxPixels } = limits;

  const discard = async (asset: AssetRecord): Promise<void> => {
    await store.deleteAssets([asset.id]);
    await storage.delete(asset.storageKey);
  };

  const expected = (account: string, kind: 'input' | 'upload', days: number): AssetRecord => {
    const createdAt = new Date(now());
    const expiresAt = new Date(createdAt.getTime() + days * day);
    const unknown = { storageKey: '', contentType: '', width: 0, height: 0, bytes: 0, sha256: '' };
    return { id: newId('asset'), account, status: 'awaiting', kind, jobId: null, ...unknown, createdAt, expiresAt };
  };

  /** A row that says when the file goes is there before the file: whatever dies in between, it is swept. */
  const storeWithRow = async (asset: AssetRecord, put: () => Promise<Partial<AssetRecord>>): Promise<AssetRecord> => {
    await store.saveAsset(asset);
    try {
      const stored: AssetRecord = { ...asset, status: 'ready', ...(await put()) };
      await store.saveAsset(stored);
      return stored;
    } catch (error) {
      await discard(asset);
      throw error;
    }
  };

  const keep = async (account: string, source: AsyncIterable<Uint8Array>): Promise<AssetRecord> => {
    const { contentType, probed, rest, letGo } = await inspect(source, parts);
    try {
      const asset = expected(account, 'input', requestFileDays);
      const storageKey = `uploads/${asset.id}.${extensionOf(contentType)}`;
      return await storeWithRow({ ...asset, storageKey, contentType }, async () => {
        const stored = await storage.put(storageKey, rest, { contentType, maxBytes });
        const { width, height } = probed ?? (await probeStored(parts, storageKey));
        return { ...stored, width, height };
      });
    } finally {
      letGo();
    }
  };

  const refuseWhenBusy = (): void => {
    if (decoder.busy()) throw overloaded('Too many pictures wait to be read. Try again shortly.', 5);
  };

  /** The picture decoded and made anew, in a file; `use` says where that goes. */
  const made = async (
    source: AsyncIterable<Uint8Array>,
    use: (picture: Awaited<ReturnType<Decoder['prepare']>>) => Promise<AssetRecord>,
  ): Promise<AssetRecord> => {
    refuseWhenBusy();
    const { rest, letGo } = await inspect(source, parts);
    try {
      await using file = await decoder.spool.keep(rest, maxBytes);
      // Many may have come at once.
      refuseWhenBusy();
      const picture = await decoder.prepare(file, { types: assetTypes, maxPixels });
      await using _picture = picture.file;
      return await use(picture);
    } finally {
      letGo();
    }
  };

  const anySize = Number.MAX_SAFE_INTEGER;
  const upload = (account: string, source: AsyncIterable<Uint8Array>): Promise<AssetRecord> =>
    made(source, ({ contentType, width, height, file }) => {
      const asset = expected(account, 'upload', parts.retentionDays);
      const storageKey = `assets/${asset.id}.${extensionOf(contentType)}`;
      return storeWithRow({ ...asset, storageKey, contentType, width, height }, () =>
        storage.put(storageKey, file.stream(), { contentType, maxBytes: anySize }),
      );
    });

  const direct = createDirectUploads({
    store,
    storage,
    maxBytes,
    now,
    make: (promised, source) =>
      made(source, async ({ contentType, width, height, file }) => {
        const storageKey = `assets/${promised.id}-${newId('asset')}.${extensionOf(contentType)}`;
        const stored = await storage.put(storageKey, file.stream(), { contentType, maxBytes: anySize });
        const { createdAt, expiresAt } = expected(promised.account, 'upload', parts.retentionDays);
        return {
          ...promised,
          status: 'ready',
          storageKey,
          contentType,
          width,
          height,
          ...stored,
          createdAt,
          expiresAt,
        };
      }),
  });

  return {
    ...direct,
    keep,
    upload,
    uploadFrom: (account, source, signal) => upload(account, images.open(source, { signal })),
    discard,
  };
};

/** For the rare header that lies behind the first bytes. */
const probeStored = async ({ storage, decoder, limits }: IntakeParts, key: string): Promise<ProbedImage> => {
  const opened = await storage.open(key);
  if (!opened) throw new Error(`an upload is gone: ${key}`);
  await using file = await decoder.spool.keep(opened.stream, limits.maxBytes);
  return decoder.probe(file, { maxPixels: limits.maxPixels });
};

/** The same error, with the place of the image in the request. */
export const pointedAt = (pointer: string, error: unknown): unknown => {
  if (!(error instanceof RestageError) || error.errors.length > 0) return error;
  const { code, message, headers, retryable } = error;
  return new RestageError(code, message, { errors: [{ pointer, message }], headers, retryable, cause: error });
};
