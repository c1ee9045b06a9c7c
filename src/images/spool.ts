/** Pictures on their way, as files of this process: memory stays flat however large or slow they are. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageTooLarge } from './limits.ts';

const prefix = 'restage-spool-';
/** A folder that nobody has touched for so long is of a process that had no time to delete it. */
const staleMs = 10 * 60_000;
const touchEveryMs = 60_000;

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
  #timer: NodeJS.Timeout | undefined;

  /** Makes the folder, and deletes what processes left that were killed. */
  open(): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), prefix))
      .then(async (folder) => {
        const tend = async (): Promise<void> => {
          await utimes(folder, new Date(), new Date());
          await sweep(tmpdir());
        };
        await tend();
        this.#timer = setInterval(() => tend().catch(() => {}), touchEveryMs).unref();
        return folder;
      })
      .catch((error: unknown) => {
        this.#folder = undefined;
        throw error;
      });
    return this.#folder;
  }

  /** A name for a file that is yet to be written. */
  async fresh(): Promise<SpoolFile> {
    return new SpoolFile(join(await this.open(), randomBytes(12).toString('hex')));
  }

  /** Throws when nothing can be written. */
  async healthy(): Promise<void> {
    await using file = await this.fresh();
    await writeFile(file.path, new Uint8Array(4096), { flag: 'wx' });
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
    clearInterval(this.#timer);
    this.#folder = undefined;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** By age, not by process: in containers all have the same number. */
const sweep = async (parent: string): Promise<void> => {
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const folder = join(parent, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < Date.now() - staleMs) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
};
