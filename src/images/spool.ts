/** Pictures on their way, as files of this process: memory stays flat however large or slow they are. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageTooLarge } from './limits.ts';

const prefix = 'restage-spool-';

/** Deleted when it is disposed of, whether anything was written or not. */
export class SpoolFile implements AsyncDisposable {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Opened at the first read. */
  async *stream(): AsyncGenerator<Uint8Array> {
    yield* createReadStream(this.path, { highWaterMark: 256 * 1024 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await unlink(this.path).catch(() => {});
  }
}

/** A folder of this process under the system's temporary one (`TMPDIR`). */
export class Spool implements AsyncDisposable {
  #folder: Promise<string> | undefined;

  /** A name for a file that is yet to be written. */
  async fresh(): Promise<SpoolFile> {
    this.#folder ??= openFolder().catch((error: unknown) => {
      this.#folder = undefined;
      throw error;
    });
    return new SpoolFile(join(await this.#folder, randomBytes(12).toString('hex')));
  }

  /** Writes a stream to a file; `too_large` as soon as the cap is passed, and then nothing is left. */
  async keep(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<SpoolFile> {
    const kept = await this.fresh();
    try {
      await using file = await open(kept.path, 'wx', 0o600);
      let bytes = 0;
      for await (const chunk of source) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) throw imageTooLarge(maxBytes);
        await file.write(chunk);
      }
      return kept;
    } catch (error) {
      await kept[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const folder = await this.#folder?.catch(() => undefined);
    this.#folder = undefined;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

const openFolder = async (): Promise<string> => {
  const parent = tmpdir();
  const folder = await mkdtemp(join(parent, `${prefix}${process.pid}-`));
  await sweep(parent);
  return folder;
};

/** Folders of processes that are no more: they had no time to delete them. */
const sweep = async (parent: string): Promise<void> => {
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const pid = Number(name.slice(prefix.length).split('-')[0]);
    if (pid > 0 && !isAlive(pid)) await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
