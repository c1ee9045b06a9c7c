import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const entry = fileURLToPath(new URL('../scripts/demo.ts', import.meta.url));
const longestMs = 60_000;
let home: string;
/** Of this test alone, so that anything in it afterwards was left there by the demo. */
let temporary: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'demo-test-'));
  temporary = join(home, 't');
  await mkdir(temporary);
});
afterAll(() => rm(home, { recursive: true, force: true }));

const start = (...parameters: string[]) =>
  spawn(process.execPath, [entry, ...parameters], {
    cwd: home,
    // What a user may have set must not reach the demo's gateway.
    env: { ...process.env, TMPDIR: temporary, DATABASE_URL: 'not a url', API_KEYS: 'x', CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const textOf = async (stream: AsyncIterable<Buffer>): Promise<string> => {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
};

const run = async (...parameters: string[]) => {
  const child = start(...parameters);
  const [stdout, stderr, [code]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
};

const expectNothingLeft = async (url: string | undefined): Promise<void> => {
  expect(await readdir(temporary)).toEqual([]);
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'args'], { maxBuffer: 16 * 1024 * 1024 });
  expect(stdout.split('\n').filter((line) => line.includes(temporary))).toEqual([]);
  if (url) await expect(fetch(`${url}/healthz`)).rejects.toThrow();
};

const urlIn = (text: string): string | undefined => text.match(/http:\/\/127\.0\.0\.1:(?!8787)\d+/)?.[0];

describe('the demo', () => {
  it('makes three pictures, says where they are and leaves nothing else', { timeout: longestMs }, async () => {
    const { code, stdout, stderr } = await run();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    for (const operation of ['compose', 'relight', 'background']) {
      const file = join('restage-demo', `${operation}.png`);
      const row = stdout.split('\n').find((line) => line.includes(' x ') && line.endsWith(file));
      const bytes = await readFile(join(home, file));
      const { info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
      expect(row?.trim().split(/\s{2,}/)).toEqual([
        operation,
        'local',
        expect.stringMatching(/^\d+\.\d s$/),
        `${info.width} x ${info.height}`,
        bytes.length.toLocaleString('en-US'),
        file,
      ]);
    }
    expect(stdout).toContain('compose: garments approximated.');
    expect(stdout).toMatch(/API docs: .*\/docs/);
    await expectNothingLeft(urlIn(stdout));
  });

  it('ends on Ctrl-C with nothing left, even before the gateway is up', { timeout: longestMs }, async () => {
    const child = start('--out', join(home, 'interrupted'));
    const ended = once(child, 'close');
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    await expectNothingLeft(undefined);
  });

  it('leaves nothing when it is killed', { timeout: longestMs }, async () => {
    const child = start('--out', join(home, 'killed'));
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await expect.poll(() => readdir(temporary), { timeout: 30_000, interval: 200 }).toEqual([]);
    await expectNothingLeft(undefined);
  });

  it('tells code and message of what was refused, keeps the log and cleans up', { timeout: longestMs }, async () => {
    const noPicture = join(home, 'notes.txt');
    await writeFile(noPicture, 'no picture');
    const { code, stderr, stdout } = await run('--person', noPicture, '--out', join(home, 'refused'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^demo: compose was refused: (unsupported_media_type|unprocessable_image): \S/);
    expect(stderr).toContain(noPicture);
    expect(stderr).toContain(join(home, 'refused', 'gateway.log'));
    expect(await readFile(join(home, 'refused', 'gateway.log'), 'utf8')).toContain('ready');
    expect(stderr).toContain('background was refused');
    await expectNothingLeft(urlIn(stdout));
  });
});

describe('the demo refuses', () => {
  it('an option that it does not know, and says where all are listed', async () => {
    const { code, stderr } = await run('--persn', 'me.jpg');
    expect(code).toBe(2);
    expect(stderr).toBe("demo: Unknown option '--persn'. All options: npm run demo -- --help.\n");
  });

  it('a file without an option, as npm hands it on when -- is missing', async () => {
    const { code, stderr } = await run('me.jpg');
    expect(code).toBe(2);
    expect(stderr).toContain('npm run demo -- --person me.jpg');
  });

  it('a missing file and a folder, by name', async () => {
    const missing = await run('--person', 'no-such.jpg');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('--person: cannot read "no-such.jpg": there is no such file.');
    const folder = await run('--garment', home);
    expect(folder.code).toBe(2);
    expect(folder.stderr).toContain('that is a folder');
  });

  it('to overwrite a file that it did not write', async () => {
    const out = join(home, 'album');
    await mkdir(out);
    await writeFile(join(out, 'compose.png'), 'mine');
    const { code, stderr } = await run('--out', out);
    expect(code).toBe(2);
    expect(stderr).toContain('--out');
    expect(await readFile(join(out, 'compose.png'), 'utf8')).toBe('mine');
  });
});
