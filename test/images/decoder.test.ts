import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDecoder, type Decoder } from '../../src/images/decoder.ts';
import { DecoderLost, DecoderPool } from '../../src/images/decoder-pool.ts';
import { Spool } from '../../src/images/spool.ts';
import { colourDistance, from, noise, quarterColours, quarters } from './pictures.ts';

const maxPixels = 50_000_000;
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

let decoder: Decoder;
beforeAll(() => {
  decoder = createDecoder();
});
afterAll(() => decoder[Symbol.asyncDispose]());

/** Children of this process that decode. */
const processes = (): number[] =>
  execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('decoder-process'))
    .map((line) => Number.parseInt(line, 10));

const spooled = (bytes: Uint8Array) => decoder.spool.keep(once(bytes), 1e8);
const plain = from(quarters());

describe('tasks', () => {
  test('a picture is probed from its head and from its file', async () => {
    const bytes = await plain.jpeg().toBuffer();
    await using file = await spooled(bytes);
    const facts = { contentType: 'image/jpeg', width: 64, height: 48 };
    expect(await decoder.probe(bytes, { maxPixels })).toMatchObject(facts);
    expect(await decoder.probe(file, { maxPixels })).toMatchObject(facts);
  });

  test('a picture is prepared into a file of its own, and both are deleted when they are let go of', async () => {
    const file = await spooled(await plain.webp({ lossless: true }).toBuffer());
    const made = await decoder.prepare(file, { maxPixels, maxSide: 32 });
    expect(made).toMatchObject({ contentType: 'image/png', width: 32, height: 24 });
    const colours = await quarterColours(await readFile(made.file.path));
    expect(colourDistance(colours, await quarterColours(await plain.png().toBuffer()))).toBeLessThan(6);
    const streamed = Buffer.concat(await Array.fromAsync(made.file.stream()));
    expect(streamed.equals(await readFile(made.file.path))).toBe(true);
    await file[Symbol.asyncDispose]();
    await made.file[Symbol.asyncDispose]();
    expect([existsSync(file.path), existsSync(made.file.path)]).toEqual([false, false]);
  });

  test('a result that needs no change stays the file it is', async () => {
    await using file = await spooled(await plain.png().toBuffer());
    expect(await decoder.verify(file, { maxPixels, format: 'png' })).toMatchObject({ encodedAnew: false, file });
    const made = await decoder.verify(file, { maxPixels, format: 'webp' });
    await using other = made.file;
    expect(made).toMatchObject({ encodedAnew: true, contentType: 'image/webp', blank: false });
    expect(other.path).not.toBe(file.path);
  });

  test('a thumbnail is a small WebP, never larger than the picture', async () => {
    await using file = await spooled(await from(noise(800, 600)).jpeg().toBuffer());
    for (const [width, height] of [
      [160, 120],
      [640, 480],
    ]) {
      const made = await decoder.thumbnail(file, { width: width ?? 0, maxPixels });
      await using _made = made.file;
      expect(made).toMatchObject({ contentType: 'image/webp', width, height });
    }
    await using small = await spooled(await plain.png().toBuffer());
    const made = await decoder.thumbnail(small, { width: 320, maxPixels });
    await using _made = made.file;
    expect(made).toMatchObject({ width: 64, height: 48 });
  });

  test('refusals come over with their code and words, and leave no file', async () => {
    await using file = await spooled(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'));
    const before = readdirSync(join(file.path, '..')).length;
    const refused = { code: 'unprocessable_image', message: expect.stringContaining('HEIC, GIF and TIFF') };
    await expect(decoder.prepare(file, { maxPixels })).rejects.toMatchObject(refused);
    await expect(decoder.probe(file, { maxPixels })).rejects.toMatchObject(refused);
    await expect(decoder.verify(file, { maxPixels })).rejects.toMatchObject({
      code: 'provider_error',
      retryable: true,
    });
    expect(readdirSync(join(file.path, '..'))).toHaveLength(before);
  });

  test('who no longer wants a picture gets the reason at once', async () => {
    await using file = await spooled(await from(noise(3000, 2000)).png({ compressionLevel: 1 }).toBuffer());
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('no longer wanted')), 20);
    const started = performance.now();
    await expect(decoder.prepare(file, { maxPixels, signal: controller.signal })).rejects.toThrow('no longer wanted');
    expect(performance.now() - started).toBeLessThan(300);
    // Neither what was wanted nor what was sent is left, now or later.
    const { path } = await decoder.spool.fresh();
    await sleep(1_500);
    expect(readdirSync(join(path, '..'))).toEqual([basename(file.path)]);
    const aborted = AbortSignal.abort(new Error('gone'));
    await expect(decoder.probe(file, { maxPixels, signal: aborted })).rejects.toThrow('gone');
  });
});

describe('processes', () => {
  test('know nothing of the environment, and give way to the gateway', async () => {
    await using file = await spooled(await plain.png().toBuffer());
    await decoder.prepare(file, { maxPixels });
    const [pid] = processes();
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').filter(Boolean);
    expect(environment.map((each) => each.split('=')[0]).sort()).toEqual([
      'MALLOC_ARENA_MAX',
      'NODE_CHANNEL_FD',
      'NODE_CHANNEL_SERIALIZATION_MODE',
    ]);
    expect(Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')[18])).toBe(10);
  });

  test('one that dies idle or at work is replaced, and nobody notices', async () => {
    await using file = await spooled(await from(noise(2000, 1500)).png({ compressionLevel: 1 }).toBuffer());
    await decoder.prepare(file, { maxPixels, maxSide: 100 });
    for (const pid of processes()) process.kill(pid, 'SIGKILL');
    await sleep(50);
    const working = decoder.prepare(file, { maxPixels, maxSide: 100 });
    await sleep(400);
    for (const pid of processes()) process.kill(pid, 'SIGKILL');
    expect(await working).toMatchObject({ width: 100 });
  });

  test('who kills every process is not taken for a bad picture', async () => {
    await using file = await spooled(await from(noise(4000, 3000)).png({ compressionLevel: 1 }).toBuffer());
    const failure = decoder.prepare(file, { maxPixels }).catch((error: unknown) => error);
    const end = setInterval(() => processes().map((pid) => process.kill(pid, 'SIGKILL')), 150);
    expect(await failure).toMatchObject({ code: 'overloaded', retryable: true });
    clearInterval(end);
  });

  test('what takes too long or too much memory is killed and refused, and the next picture is read', async () => {
    await using slow = await spooled(await from(noise(4000, 3000)).png({ compressionLevel: 1 }).toBuffer());
    await using target = await decoder.spool.fresh();
    const task = { kind: 'prepare' as const, source: slow.path, target: target.path, options: { maxPixels } };
    const usual = { processes: 1, idleMs: 60_000, taskMs: 60_000, memoryBytes: 1e9 };
    for (const [limit, excess] of [
      [{ taskMs: 150 }, 'time'],
      [{ memoryBytes: 80e6 }, 'memory'],
    ] as const) {
      const pool = new DecoderPool({ ...usual, ...limit });
      const failure = await pool.run(task).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(DecoderLost);
      expect(failure).toMatchObject({ excess });
      pool.close();
    }
    const pool = new DecoderPool(usual);
    expect(await pool.run({ ...task, options: { maxPixels, maxSide: 50 } })).toMatchObject({ ok: true });
    pool.close();
  });

  test.each([
    ['time', { taskMs: 150 }],
    ['memory', { memoryBytes: 80e6 }],
  ])('a picture that takes too much %s is told so, with what to do', async (excess, limits) => {
    await using strict = createDecoder(limits);
    const bytes = await from(noise(4000, 3000)).png({ compressionLevel: 1 }).toBuffer();
    await using file = await strict.spool.keep(once(bytes), 1e8);
    await expect(strict.prepare(file, { maxPixels })).rejects.toMatchObject({
      code: 'unprocessable_image',
      message: `The image takes too much ${excess} to decode. Save it smaller, or as a plain JPEG or PNG.`,
    });
    await expect(strict.verify(file, { maxPixels })).rejects.toMatchObject({ code: 'provider_error', retryable: true });
  });

  test('end when they are idle, and with the gateway', async () => {
    const before = processes();
    const pool = new DecoderPool({ processes: 1, idleMs: 200, taskMs: 5_000, memoryBytes: 1e9 });
    await pool.run({ kind: 'probe', source: await plain.png().toBuffer(), options: { maxPixels } });
    expect(processes()).toHaveLength(before.length + 1);
    await expect.poll(processes, { timeout: 3_000 }).toEqual(before);
    pool.close();
    await expect(pool.run({ kind: 'probe', source: new Uint8Array(4), options: { maxPixels } })).rejects.toThrow(
      'closed',
    );
  });

  test('headers do not wait behind pictures', async () => {
    await using file = await spooled(await from(noise(4000, 3000)).png({ compressionLevel: 1 }).toBuffer());
    const head = await plain.png().toBuffer();
    await decoder.probe(head, { maxPixels });
    const working = Array.from({ length: 12 }, () => decoder.prepare(file, { maxPixels, maxSide: 200 }));
    const started = performance.now();
    await decoder.probe(head, { maxPixels });
    expect(performance.now() - started).toBeLessThan(500);
    await Promise.all(working);
  });
});

describe('spool', () => {
  test('a file that is too large is refused as it passes the cap, and nothing is left', async () => {
    await using spool = new Spool();
    await using first = await spool.keep(once(new Uint8Array(10)), 10);
    let asked = 0;
    const endless = (async function* () {
      for (;;) {
        asked += 1;
        yield new Uint8Array(1000);
      }
    })();
    await expect(spool.keep(endless, 5000)).rejects.toMatchObject({ code: 'too_large' });
    expect(asked).toBe(6);
    expect(readdirSync(join(first.path, '..'))).toHaveLength(1);
  });

  test('the folder goes with its owner; one that a killed process left goes when it is old', async () => {
    const left = (name: string, minutes: number): string => {
      const folder = join(tmpdir(), `restage-spool-${name}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'left'), 'x');
      utimesSync(folder, new Date(), new Date(Date.now() - minutes * 60_000));
      return folder;
    };
    const [old, young] = [left('old', 11), left('young', 9)];
    const spool = new Spool();
    const file = await spool.keep(once(new Uint8Array(10)), 10);
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
    await spool.healthy();
    expect(readdirSync(join(file.path, '..'))).toHaveLength(1);
    await spool[Symbol.asyncDispose]();
    expect(existsSync(join(file.path, '..'))).toBe(false);
    rmSync(young, { recursive: true });
  });
});
