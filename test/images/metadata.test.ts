import { describe, expect, test } from 'vitest';
import { isPlainFile } from '../../src/images/metadata.ts';
import { verifyOutput } from '../../src/images/verify.ts';
import { impurePngs, impureWebps } from '../corpus/impure-files.ts';
import { impureJpegs } from '../corpus/impure-jpegs.ts';
import { plainFiles, secret } from '../corpus/plain-files.ts';
import { from, noise } from './pictures.ts';

describe('kept as they are', () => {
  test.each(plainFiles)('%s', (_name, bytes, type) => expect(isPlainFile(bytes, type)).toBe(true));

  test('encoders’ output is not taken for text', async () => {
    for (const quality of [20, 50, 80, 100]) {
      expect(isPlainFile(await from(noise(500, 400)).jpeg({ quality }).toBuffer(), 'image/jpeg')).toBe(true);
      expect(isPlainFile(await from(noise(500, 400)).webp({ quality }).toBuffer(), 'image/webp')).toBe(true);
    }
  });
});

describe.each([
  ['image/jpeg', impureJpegs],
  ['image/png', impurePngs],
  ['image/webp', impureWebps],
])('made anew: %s with', (type, files) => {
  test.each(Object.entries(files))('%s', async (_name, bytes) => {
    expect(isPlainFile(bytes, type)).toBe(false);
    const verified = await verifyOutput(bytes).catch((error: unknown) => error);
    if (verified instanceof Error) return expect(verified).toMatchObject({ code: 'provider_error' });
    expect(verified).toMatchObject({ encodedAnew: true });
    const made = Buffer.from((verified as { bytes: Uint8Array }).bytes);
    expect(made.includes(secret)).toBe(false);
    expect(isPlainFile(made, type)).toBe(true);
  });
});

test.each([0, 1, 2, 3, 7, 11, 12, 13, 20, 33, 40, 60])(
  'a file cut off at %i bytes is not plain, and does no harm',
  (length) => {
    for (const [, bytes, type] of plainFiles) expect(isPlainFile(bytes.subarray(0, length), type)).toBe(false);
  },
);

test('other types are never plain', () => {
  for (const type of ['image/avif', 'image/gif', 'image/tiff', 'image/heic', 'text/html', 'constructor']) {
    expect(plainFiles.some(([, bytes]) => isPlainFile(bytes, type))).toBe(false);
  }
});
