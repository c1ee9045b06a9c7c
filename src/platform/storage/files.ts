import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { countedSource } from './counted.ts';
import { checkKey, contentTypeOfKey } from './keys.ts';
import { createSigner, type SignedScope, type Signer } from './signing.ts';
import type { ByteRange, ObjectInfo, SignedUrl, Storage } from './storage.ts';

export interface FileStorageOptions {
  readonly directory: string;
  /** Origin (and path prefix) under which `/files/` is served; asked at each signing, for the port may come late. */
  readonly publicUrl: () => string;
  /** From `loadSecret`. */
  readonly secret: Uint8Array;
  readonly now?: () => number;
}

export interface FileStorage extends Storage {
  /** What `serve.ts` checks links with. */
  readonly signer: Signer;
}

/** Unfinished files. No key begins with a dot, so nothing in here can be read. */
const unfinishedDirectory = '.unfinished';
/** What a crash left is deleted after so long; another process may still be writing what is younger. */
const leftoverAgeMs = 24 * 3_600_000;
const chunkBytes = 256 * 1024;

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};

/** Makes a folder and its parents durable, not only visible. */
const makeDirectory = async (path: string): Promise<void> => {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let current = path; current.length >= first.length; current = dirname(current)) {
    await syncDirectory(dirname(current));
  }
};

const sweepLeftovers = async (directory: string): Promise<void> => {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < Date.now() - leftoverAgeMs) await unlink(path).catch(() => {});
  }
};

const infoOf = async (file: FileHandle, contentType: string): Promise<ObjectInfo | null> => {
  const { ino, size, mtimeNs, isFile } = await file.stat({ bigint: true }).then((facts) => ({
    ino: facts.ino,
    size: facts.size,
    mtimeNs: facts.mtimeNs,
    isFile: facts.isFile(),
  }));
  if (!isFile) return null;
  return {
    bytes: Number(size),
    contentType,
    etag: `"${[ino, size, mtimeNs].map((part) => part.toString(36)).join('-')}"`,
  };
};

/** Owns the file from here on: closes it at the end, on cancel and on an error. */
const streamOf = (file: FileHandle, { start, end }: ByteRange): ReadableStream<Uint8Array> => {
  let position = start;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const buffer = new Uint8Array(Math.min(chunkBytes, end + 1 - position));
          const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, position);
          if (bytesRead === 0 && position <= end) throw new Error('The file became shorter while it was read');
          position += bytesRead;
          if (bytesRead > 0) controller.enqueue(buffer.subarray(0, bytesRead));
          if (position > end) {
            await file.close();
            controller.close();
          }
        } catch (error) {
          await file.close().catch(() => {});
          throw error;
        }
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  );
};

const rangeWithin = (bytes: number, range?: ByteRange): ByteRange => {
  if (range === undefined) return { start: 0, end: bytes - 1 };
  if (range.start < 0 || range.start >= bytes || range.end < range.start) throw new RangeError('No such range');
  return { start: range.start, end: Math.min(range.end, bytes - 1) };
};

/** Objects as files under a folder, by key. Several processes may share the folder and its secret. */
export const fileStorage = ({ directory, publicUrl, secret, now = Date.now }: FileStorageOptions): FileStorage => {
  const signer = createSigner(secret, now);
  const unfinished = join(directory, unfinishedDirectory);
  let prepared: Promise<string> | undefined;

  /** The root without symbolic links, with the folders made. A failure is tried again at the next call. */
  const root = (): Promise<string> => {
    prepared ??= (async () => {
      await makeDirectory(unfinished);
      await sweepLeftovers(unfinished);
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

  const signed = async (scope: SignedScope, expiresInS: number): Promise<SignedUrl> => {
    const { query, expiresAt } = await signer.sign(scope, expiresInS);
    return { url: `${publicUrl().replace(/\/+$/, '')}/files/${scope.key}?${query}`, expiresAt };
  };

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

    close: async () => {},
  };
};
