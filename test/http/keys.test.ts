import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createAuthenticate } from '../../src/platform/keys.ts';

/** Makes keys that stand in no source, authenticates with them, and looks for them in everything that is left. */
const program = `
  import { randomBytes } from 'node:crypto';
  import { readFileSync } from 'node:fs';
  import { writeHeapSnapshot } from 'node:v8';
  import { createAuthenticate } from './src/platform/keys.ts';
  const seed = [...randomBytes(16)];
  // By way of bytes: a text that was put together by + would not stand in the heap as a whole.
  const textOf = (...parts) => Buffer.from(parts.join('')).toString();
  const keyOf = () => textOf('sk_', Buffer.from(seed.map((byte) => byte ^ 85)).toString('hex'));
  globalThis.control = textOf('control_', Buffer.from(seed).toString('hex'));
  globalThis.authenticate = (() => createAuthenticate([{ account: 'north', key: keyOf() }]))();
  if (globalThis.authenticate(keyOf()) !== 'north') throw new Error('the key is not known');
  for (let round = 0; round < 5; round += 1) { globalThis.gc(); await new Promise((next) => setTimeout(next, 20)); }
  const heap = readFileSync(writeHeapSnapshot(process.argv[1] + '/keys.heapsnapshot'), 'latin1');
  console.log(JSON.stringify({ key: heap.includes(keyOf()), control: heap.includes(globalThis.control) }));
`;

describe('createAuthenticate', () => {
  it('keeps hashes alone: no key is in the heap afterwards', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'restage-heap-'));
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [
        '--expose-gc',
        '--input-type=module',
        '--eval',
        program,
        folder,
      ]);
      expect(JSON.parse(stdout)).toEqual({ key: false, control: true });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 60_000);

  it('knows each key of an account, and nothing else', () => {
    const accountOf = createAuthenticate([
      { account: 'north', key: 'key-one-of-north' },
      { account: 'north', key: 'key-two-of-north' },
      { account: 'south', key: 'key-one-of-south' },
    ]);
    expect(['key-one-of-north', 'key-two-of-north', 'key-one-of-south'].map(accountOf)).toEqual([
      'north',
      'north',
      'south',
    ]);
    for (const wrong of [
      null,
      '',
      'key-one-of-',
      'key-one-of-north ',
      'KEY-ONE-OF-NORTH',
      'north',
      'x'.repeat(100_000),
    ])
      expect(accountOf(wrong)).toBeNull();
  });
});
