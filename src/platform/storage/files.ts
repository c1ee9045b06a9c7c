import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { countedSource } from './counted.ts';
import {
  infoOf,
  isMissing,
  makeDirectory,
  rangeWithin,
  streamOf,
  sweepEveryMs,
  sweepLeftovers,
  syncDirectory,
} from './disk.ts';
import { checkKey, contentTypeOfKey } from './keys.ts';
import { createSigner, linkTo, type SignedScope, type Signer } from './signing.ts';
import type { SignedUrl, Storage } from './storage.ts';

export interface FileStorageOptions {
  readonly directory: string;
  /** Origin (and path prefix) under which `/files/` is served; asked at each signing, for the port may come late. */
  readonly publicUrl: () => string;
  /** From `loadLinkSecret`. */
  readonly secret: Uint8Array;
  readonly now?: () => number;
}

export interface FileStorage extends Storage {
  /** What `serve.ts` checks links with. */
  readonly signer: Signer;
}

/** Unfinished files. No key begins with a dot, so nothing in here can be read. */
const unfinishedDirectory = '.unfinished';

/** Objects as files under a folder, by key. Several processes may share the folder and its secret. */
export const fileStorage = ({ directory, publicUrl, secret, now = Date.now }: FileStorageOptions): FileStorage => {
  const signer = createSigner(secret, now);
  const unfinished = join(resolve(directory), unfinishedDirectory);
  let prepared: Promise<string> | undefined;
  let sweeping: NodeJS.Timeout | undefined;

  /** The root without symbolic links, with the folders made. A failure is tried again at the next call. */
  const root = (): Promise<string> => {
    prepared ??= (async () => {
      await makeDirectory(unfinished);
      await sweepLeftovers(unfinished);
      sweeping = setInterval(() => sweepLeftovers(unfinished).catch(() => {}), sweepEveryMs).unref();
      return realpath(directory);
    })().catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return prepared;
  };

  /** Opens only a file that lies exactly where its key says, with no symbolic link on the way. */
  const openFile = async (key: string): Promise<FileHandle | null> => {
    const expected = join(await root(), key);
    try {
      if ((await realpath(expected)) !== expected) return null;
      return await open(expected, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  };

  const signed = (scope: SignedScope, expiresInS: number): Promise<SignedUrl> =>
    linkTo(signer, publicUrl(), scope, expiresInS);

  return {
    signer,

    async put(key, source, { contentType, maxBytes, signal }) {
      checkKey(key, contentType);
      const target = join(await root(), key);
      const temporary = join(unfinished, randomBytes(16).toString('hex'));
      const counted = countedSource(source, { maxBytes, ...(signal !== undefined && { signal }) });
      try {
        const file = await open(temporary, 'wx', 0o640);
        try {
          await file.writeFile(counted.stream);
          await file.sync();
        } finally {
          await file.close();
        }
        const folder = dirname(target);
        await makeDirectory(folder);
        if ((await realpath(folder)) !== folder) throw new Error(`A symbolic link stands in the way of ${key}`);
        signal?.throwIfAborted();
        await rename(temporary, target);
        await syncDirectory(folder);
      } catch (error) {
        await unlink(temporary).catch(() => {});
        throw error;
      }
      return counted.result();
    },

    async stat(key) {
      const contentType = contentTypeOfKey(key);
      if (contentType === null) return null;
      const file = await openFile(key);
      if (file === null) return null;
      try {
        return await infoOf(file, contentType);
      } finally {
        await file.close();
      }
    },

    async open(key, range) {
      const contentType = contentTypeOfKey(key);
      if (contentType === null) return null;
      const file = await openFile(key);
      if (file === null) return null;
      try {
        const info = await infoOf(file, contentType);
        if (info !== null) return { ...info, stream: streamOf(file, rangeWithin(info.bytes, range)) };
      } catch (error) {
        await file.close();
        throw error;
      }
      await file.close();
      return null;
    },

    async delete(key) {
      checkKey(key);
      const target = join(await root(), key);
      try {
        if ((await realpath(dirname(target))) !== dirname(target)) return;
        await unlink(target);
        await syncDirectory(dirname(target));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },

    async signedUrl(key, { expiresInS }) {
      checkKey(key);
      return signed({ method: 'GET', key }, expiresInS);
    },

    async signedUpload(key, { contentType, bytes, expiresInS }) {
      checkKey(key, contentType);
      const link = await signed({ method: 'PUT', key, contentType, bytes }, expiresInS);
      return { ...link, method: 'PUT', headers: { 'content-type': contentType } };
    },

    s3Uri: () => null,

    async healthy() {
      await root();
      const path = join(unfinished, `health-${randomBytes(8).toString('hex')}`);
      try {
        await writeFile(path, new Uint8Array(4096), { flag: 'wx' });
      } finally {
        await unlink(path).catch(() => {});
      }
    },

    close: async () => clearInterval(sweeping),
  };
};
