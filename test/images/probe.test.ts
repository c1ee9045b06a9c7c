import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { prepareImage } from '../../src/images/prepare.ts';
import { type ProbedImage, probeImage } from '../../src/images/probe.ts';
import { from, heicHead, jpegOfSize, pngBomb, quarters, tiffOf, withGainMap } from './pictures.ts';

const accepted = 'JPEG, PNG, WebP, AVIF, HEIC, GIF and TIFF images are accepted.';

const made = {
  'image/jpeg': () => from(quarters()).jpeg().toBuffer(),
  'image/png': () => from(quarters()).png().toBuffer(),
  'image/webp': () => from(quarters()).webp().toBuffer(),
  'image/avif': () => from(quarters()).avif({ effort: 0 }).toBuffer(),
  'image/gif': () => from(quarters()).gif().toBuffer(),
  'image/tiff': () => from(quarters()).tiff().toBuffer(),
};

describe('probing by content', () => {
  test.each(Object.entries(made))('%s', async (contentType, make) => {
    const bytes = await make();
    const expected = { contentType, width: 64, height: 48, pages: 1, orientation: 1 };
    expect(await probeImage(bytes)).toMatchObject(expected);
    const directory = await mkdtemp(join(tmpdir(), 'restage-probe-'));
    const path = join(directory, 'misleading.txt');
    await writeFile(path, bytes);
    expect(await probeImage(path)).toMatchObject(expected);
    await rm(directory, { recursive: true });
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i: the size is the upright one', async (orientation) => {
    const bytes = await from(quarters()).withMetadata({ orientation }).jpeg().toBuffer();
    const upright = orientation >= 5 ? { width: 48, height: 64 } : { width: 64, height: 48 };
    expect(await probeImage(bytes)).toMatchObject({ ...upright, orientation });
  });

  test('frames and alpha are told', async () => {
    // Frames that are equal become one: of four, two.
    const { pixels } = quarters(64, 192);
    const frames = await sharp(pixels, { raw: { width: 64, height: 192, channels: 3, pageHeight: 48 } })
      .gif()
      .toBuffer();
    expect(await probeImage(frames)).toMatchObject({ width: 64, height: 48, pages: 2 });
    const alpha = await from(quarters()).ensureAlpha(0.5).png().toBuffer();
    expect((await probeImage(alpha)).hasAlpha).toBe(true);
    expect((await probeImage(await made['image/jpeg']())).hasAlpha).toBe(false);
  });

  test('a phone’s JPEG with an HDR gain map is a JPEG', async () => {
    const bytes = await withGainMap(quarters());
    expect(await probeImage(bytes)).toMatchObject({ contentType: 'image/jpeg', width: 64, height: 48 });
    expect(await prepareImage(bytes)).toMatchObject({ contentType: 'image/jpeg', width: 64 });
  });
});

const refused = async (bytes: Uint8Array, maxPixels?: number): Promise<string> => {
  const failure = await probeImage(bytes, maxPixels === undefined ? {} : { maxPixels }).then(
    (probed: ProbedImage) => new Error(`was taken as ${probed.contentType}`),
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 'unprocessable_image' });
  return (failure as Error).message;
};

describe('what is no picture of ours', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>';
  test.each([
    ['SVG', svg],
    ['SVG with a declaration', `<?xml version="1.0"?>${svg}`],
    ['PDF', '%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<</Root 1 0 R>>'],
    ['HTML', '<!doctype html><html><script>alert(1)</script>'],
    ['PostScript', '%!PS-Adobe-3.0\n'],
    ['a ZIP', 'PK\x03\x04\x14\0\0\0'],
    ['a Windows icon', '\0\0\x01\0\x01\0\x10\x10\0\0\x01\0 \0'],
    ['BMP', 'BM\x3a\0\0\0\0\0\0\0\x36\0\0\0'],
    ['PPM', 'P6 1 1 255\nabc'],
    ['CSV', '1,2,3\n4,5,6\n'],
    ['a libvips file', '\xb6\xa6\xf2\x08'],
    ['JPEG XL', '\xff\x0a\0\0'],
    ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n'],
    ['Radiance', '#?RADIANCE\n'],
    ['MP4', '\0\0\0\x18ftypmp42\0\0\0\0mp42isom'],
    ['an empty file', ''],
    ['one byte', '\xff'],
    ['zeros', '\0'.repeat(1000)],
  ])('%s is refused, and what is accepted is said', async (_name, text) => {
    expect(await refused(Buffer.from(text, 'latin1'))).toContain(accepted);
  });

  test.each([
    '\xff\xd8\xff',
    '\x89PNG\r\n\x1a\n',
    'RIFF\x10\0\0\0WEBP',
    'GIF89a',
    'II*\0',
    'MM\0*',
    '\0\0\0\x18ftypavif',
  ])('the right first bytes are not enough: %j', async (head) => {
    for (const tail of [svg, '%PDF-1.7', '<script>', '\0'.repeat(500), '']) {
      expect(await refused(Buffer.from(head + tail, 'latin1'))).toContain(accepted);
    }
  });

  test('a HEIC that cannot be read is refused with the way out', async () => {
    expect(await refused(heicHead())).toContain('Export the photo as JPEG');
  });

  test('other operations of libvips are closed in this process', async () => {
    await expect(sharp(Buffer.from(svg)).metadata()).rejects.toThrow('unsupported image format');
    await expect(sharp(Buffer.from(svg)).png().toBuffer()).rejects.toThrow('unsupported image format');
  });
});

describe('what would cost too much is refused by its header', () => {
  let jpeg: Buffer;
  beforeAll(async () => {
    jpeg = await from(quarters()).jpeg().toBuffer();
    await probeImage(jpeg);
  });

  const quickly = async (bytes: Uint8Array, maxPixels?: number): Promise<string> => {
    const started = performance.now();
    const message = await refused(bytes, maxPixels);
    expect(performance.now() - started).toBeLessThan(100);
    return message;
  };

  test.each([
    [16_384, 16_384],
    [10_000, 5001],
    [7072, 7072],
  ])('a PNG of %i x %i', async (width, height) => {
    expect(await quickly(pngBomb(width, height))).toBe(
      `The image has ${width} x ${height} pixels; at most 50000000 in all are accepted. Make it smaller.`,
    );
  });

  test('a side that is too long', async () => {
    expect(await quickly(pngBomb(16_385, 1))).toContain('no side may be longer than 16384');
    expect(await quickly(pngBomb(1, 2_000_000))).toContain('no side may be longer than 16384');
  });

  test('a JPEG of 65535 x 65535, and one just over the limit', async () => {
    await quickly(jpegOfSize(jpeg, 65_535, 65_535));
    await quickly(jpegOfSize(jpeg, 16_000, 4000));
  });

  test.each(['webp', 'avif', 'gif', 'tiff'] as const)(
    'a %s of 64 Mpx in few bytes',
    async (format) => {
      const empty = sharp({
        create: { width: 8000, height: 8000, channels: 3, background: '#808080' },
        limitInputPixels: false,
      });
      const bytes = await empty
        .toFormat(format, { effort: format === 'avif' ? 0 : 1, compression: 'deflate', tile: false } as object)
        .toBuffer();
      await quickly(bytes);
    },
    60_000,
  );

  test('just at the limit is taken', async () => {
    expect(await probeImage(pngBomb(10_000, 5000))).toMatchObject({ width: 10_000 });
    expect(await refused(pngBomb(100, 101), 10_000)).toContain('at most 10000');
    expect(await probeImage(pngBomb(100, 100), { maxPixels: 10_000 })).toMatchObject({ width: 100 });
  });

  test('too many frames', async () => {
    const frames = await sharp({
      create: { width: 2, height: 2 * 1001, channels: 3, background: '#808080', pageHeight: 2 } as never,
    })
      .gif({ effort: 1, keepDuplicateFrames: true } as object)
      .toBuffer();
    expect(await refused(frames)).toContain('1001 frames; at most 1000');
  });

  test('float pixels and heaps of channels', async () => {
    const float = tiffOf(10, 10, { bits: 32, sampleFormat: 3, samples: 1 });
    expect(await refused(float)).toContain('8 or 16 bits');
    await refused(tiffOf(10, 10, { bits: 8, sampleFormat: 1, samples: 9 }));
    expect(await probeImage(tiffOf(10, 10, { bits: 8, sampleFormat: 1, samples: 1 }))).toMatchObject({ width: 10 });
  });
});

test('a moving photo of a phone, with its film behind the picture, is a photo', async () => {
  const film = Buffer.alloc(12_000_000);
  // What stands for scans inside a picture, as often as chance has it in so long a film.
  for (let at = 0; at + 2 < film.byteLength; at += 60_000) film.writeUInt16BE(0xffda, at);
  const photo = Buffer.concat([await from(quarters()).jpeg({ progressive: true }).toBuffer(), film]);
  expect(await probeImage(photo)).toMatchObject({ contentType: 'image/jpeg', width: 64, height: 48 });
  expect(await prepareImage(photo)).toMatchObject({ width: 64 });
});
