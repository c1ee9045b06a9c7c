import { imageTooLarge } from '../images/limits.ts';
import { RestageError } from '../operations/errors.ts';
import { newId } from '../platform/ids.ts';
import { extensionOf } from '../platform/storage/keys.ts';
import type { SignedUpload, Storage } from '../platform/storage/storage.ts';
import type { AssetRecord } from './model.ts';
import type { JobStore } from './store.ts';

/** Uploads that go past the gateway to storage: promised first, and made into assets at their first use. */
export interface DirectUploads {
  presign(
    account: string,
    upload: { contentType: string; bytes: number },
  ): Promise<{ asset: AssetRecord; upload: SignedUpload }>;
  /** The asset, made from its direct upload if that is yet to be done; null when there is none. */
  ready(account: string, id: string): Promise<AssetRecord | null>;
}

interface DirectParts {
  readonly store: Pick<JobStore, 'saveAsset' | 'assets' | 'fulfilAsset'>;
  readonly storage: Storage;
  readonly maxBytes: number;
  readonly now: () => number;
  /** Decodes a picture and stores what was made of it under a key of its own; there is no row for it yet. */
  readonly make: (promised: AssetRecord, source: AsyncIterable<Uint8Array>) => Promise<AssetRecord>;
}

const uploadSeconds = 900;
const day = 86_400_000;

export const createDirectUploads = ({ store, storage, maxBytes, now, make }: DirectParts): DirectUploads => {
  const making = new Map<string, Promise<AssetRecord | null>>();

  const read = async (account: string, id: string): Promise<AssetRecord | null> => {
    const [asset] = await store.assets([{ account, id }]);
    return asset ?? null;
  };

  /** Whoever is first in the database wins; another process, or a caller who deletes it, may be. */
  const fulfil = async (promised: AssetRecord): Promise<AssetRecord | null> => {
    const { account, id, storageKey } = promised;
    const opened = await storage.open(storageKey);
    if (!opened) {
      const found = await read(account, id);
      if (found?.status !== 'awaiting') return found;
      const detail = `Nothing was uploaded for ${id} yet. PUT the file to the presigned URL first.`;
      throw new RestageError('unprocessable_image', detail);
    }
    const made = await make(promised, opened.stream).catch(async (error: unknown) => {
      // It is of no use, and may say where it was taken.
      if (error instanceof RestageError && !error.retryable) await storage.delete(storageKey);
      throw error;
    });
    const won = await store.fulfilAsset(made);
    await storage.delete(won ? storageKey : made.storageKey);
    return won ? made : read(account, id);
  };

  return {
    presign: async (account, { contentType, bytes }) => {
      if (bytes > maxBytes) throw imageTooLarge(maxBytes, bytes);
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
        expiresAt: new Date(createdAt.getTime() + day),
      };
      await store.saveAsset(asset);
      // The link can be used again until it ends: whatever lies under its key after that is swept.
      const expiresAt = new Date(upload.expiresAt.getTime() + 60_000);
      await store.saveAsset({ ...asset, id: newId('asset'), kind: 'input', expiresAt });
      return { asset, upload };
    },
    ready: async (account, id) => {
      const asset = await read(account, id);
      if (asset?.status !== 'awaiting') return asset;
      const running = making.get(id) ?? fulfil(asset).finally(() => making.delete(id));
      making.set(id, running);
      return running;
    },
  };
};
