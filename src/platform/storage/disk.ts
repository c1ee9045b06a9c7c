/** What the file store asks of a disk: durable folders, leftovers swept, files as streams. */
import { type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ByteRange, ObjectInfo } from './storage.ts';

/** What a crash left is deleted after so long; another process may still be writing what is younger. */
const leftoverAgeMs = 3_600_000;
export const sweepEveryMs = 900_000;
/** Larger ones, read for a thousand slow readers at once, kept everybody else waiting for seconds. */
const chunkBytes = 64 * 1024;

export const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

export const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};

/** Makes a folder (an absolute path) and its parents durable, not only visible. */
export const makeDirectory = async (path: string): Promise<void> => {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let current = path; current.length >= first.length; current = dirname(current)) {
    await syncDirectory(dirname(current));
  }
};

export const sweepLeftovers = async (directory: string): Promise<void> => {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < Date.now() - leftoverAgeMs) await unlink(path).catch(() => {});
  }
};

export const infoOf = async (file: FileHandle, contentType: string): Promise<ObjectInfo | null> => {
  const facts = await file.stat({ bigint: true });
  if (!facts.isFile()) return null;
  const etag = [facts.ino, facts.size, facts.mtimeNs].map((part) => part.toString(36)).join('-');
  return { bytes: Number(facts.size), contentType, etag: `"${etag}"` };
};

/** Owns the file from here on: closes it at the end, on cancel and on an error. */
export const streamOf = (file: FileHandle, { start, end }: ByteRange): ReadableStream<Uint8Array> => {
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

export const rangeWithin = (bytes: number, range?: ByteRange): ByteRange => {
  if (range === undefined) return { start: 0, end: bytes - 1 };
  if (range.start < 0 || range.start >= bytes || range.end < range.start) throw new RangeError('No such range');
  return { start: range.start, end: Math.min(range.end, bytes - 1) };
};
