import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeHeic, probeHeic } from '../../src/images/heic.ts';
import { loadHeifLibrary } from '../../src/images/heic-library.ts';
import { prepareImage } from '../../src/images/prepare.ts';
import { sniff } from '../../src/images/sniff.ts';
import { findBox, properties } from '../corpus/boxes.ts';
import {
  brokenHeic,
  heicGrid,
  heicQuarters,
  heicSize,
  heicTenBits,
  heicWith,
  heicWithAlpha,
  heicWithExif,
} from '../corpus/heic.ts';
import { colourDistance, from, quarterColours, quarters } from './pictures.ts';

const right = await quarterColours(await from(quarters()).png().toBuffer());

/** What becomes of a photo that is read, through the ordinary way of a picture. */
const colours = async (heic: Buffer): Promise<number[][]> =>
  quarterColours((await prepareImage(await decodeHeic(heic))).bytes);

/** The bytes of a profile that says Display P3, or sRGB. */
const profile = async (name: 'p3' | 'srgb'): Promise<Buffer> => {
  const { icc } = await sharp(await from(quarters()).withIccProfile(name).png().toBuffer()).metadata();
  return icc as Buffer;
};

describe('HEIC photos', () => {
  test('are known by their brands, AVIF is not one', async () => {
    expect(sniff(heicQuarters())).toBe('image/heic');
    expect(sniff(await from(quarters()).avif({ effort: 0 }).toBuffer())).toBe('image/avif');
  });

  test('the header tells size, pictures and alpha', () => {
    expect(probeHeic(heicQuarters())).toEqual({ ...heicSize, pages: 1, hasAlpha: false });
    expect(probeHeic(heicWithAlpha())).toEqual({ ...heicSize, pages: 1, hasAlpha: true });
    expect(probeHeic(heicWith(properties.turn(1)))).toMatchObject({ width: 64, height: 128 });
    expect(probeHeic(heicGrid({ columns: 3, rows: 2, width: 300, height: 100 }))).toMatchObject({ width: 300 });
  });

  test.each([
    ['8 bits', heicQuarters],
    ['10 bits', heicTenBits],
    ['one picture of our own making', () => heicWith()],
    ['sRGB by number', () => heicWith(properties.colours(1, 13, 6))],
  ])('%s: the colours are right', async (_name, make) => {
    expect(colourDistance(await colours(make()), right)).toBeLessThanOrEqual(3);
  });

  test('sRGB by profile', async () => {
    expect(colourDistance(await colours(heicWith(properties.profile(await profile('srgb')))), right)).toBeLessThan(4);
  });

  test.each([
    ['by profile', async () => properties.profile(await profile('p3'))],
    ['by number', async () => properties.colours(12, 13, 6)],
  ])('Display P3 %s becomes sRGB', async (_name, property) => {
    const p3 = await from(quarters()).png().toBuffer();
    const tagged = sharp(p3).withIccProfile('p3');
    // The pixels of sRGB read as those of P3, as a PNG would have it.
    const { data, info } = await sharp(await tagged.png().toBuffer(), { ignoreIcc: true })
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(colourDistance([[...data.subarray(0, info.channels)]], [right[0] as number[]])).toBeGreaterThan(8);
    const read = await colours(heicWith(await property()));
    // More red than sRGB has, and less green and blue: the same numbers mean stronger colours.
    const [red = [], green = [], blue = []] = read;
    expect(red[0]).toBeGreaterThan(230);
    expect(red[1]).toBeLessThan(15);
    expect(green[0]).toBeLessThan(15);
    expect(blue[2]).toBeGreaterThan(213);
  });

  test.each([
    [9, 16],
    [9, 18],
    [1, 16],
    [9, 14],
  ])('colours %i/%i of HDR are refused with the way out', async (primaries, curve) => {
    await expect(decodeHeic(heicWith(properties.colours(primaries, curve, 9)))).rejects.toMatchObject({
      code: 'unprocessable_image',
      message: expect.stringMatching(/HDR.*Export it as JPEG/),
    });
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('turned and mirrored as orientation %i says', async (orientation) => {
    const picture = from(quarters(128, 64)).withMetadata({ orientation });
    const avif = await picture.avif({ quality: 90, effort: 0 }).toBuffer();
    const told = ['irot', 'imir'].flatMap((type) => findBox(avif, type) ?? []);
    const prepared = await prepareImage(await decodeHeic(heicWith(...told)));
    const upright = await prepareImage(avif);
    expect(prepared).toMatchObject({ width: upright.width, height: upright.height });
    expect(colourDistance(await quarterColours(prepared.bytes), await quarterColours(upright.bytes))).toBeLessThan(8);
    if (orientation !== 1) expect(colourDistance(await quarterColours(prepared.bytes), right)).toBeGreaterThan(50);
  });

  test('the orientation of EXIF does not count, and nothing of it is left', async () => {
    const jpeg = await from(quarters())
      .withExif({ IFD0: { Make: 'SecretCamera' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { exif = Buffer.alloc(0) } = await sharp(jpeg).metadata();
    const heic = heicWithExif(exif.subarray(6));
    expect(probeHeic(heic)).toMatchObject(heicSize);
    const prepared = await prepareImage(await decodeHeic(heic));
    expect(prepared).toMatchObject(heicSize);
    expect(colourDistance(await quarterColours(prepared.bytes), right)).toBeLessThan(4);
    expect(Buffer.from(prepared.bytes).includes('Secret')).toBe(false);
  });

  test('tiles are put together, and what is over the edge is cut off', async () => {
    const tiff = await decodeHeic(heicGrid({ columns: 3, rows: 2, width: 300, height: 100 }));
    const { data, info } = await sharp(tiff).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 300, height: 100 });
    const at = (x: number, y: number) => [...data.subarray((y * 300 + x) * 3, (y * 300 + x) * 3 + 3)];
    for (const [left, top] of [
      [0, 0],
      [128, 0],
      [0, 64],
      [128, 64],
    ] as const) {
      expect(colourDistance([at(left + 32, top + 16), at(left + 96, top + 16)], right.slice(0, 2))).toBeLessThan(4);
    }
  });

  test('alpha is kept, and taken out of colours that hold it', async () => {
    const pixelsOf = (heic: Buffer) => decodeHeic(heic).then((tiff) => sharp(tiff).raw().toBuffer());
    const straight = await pixelsOf(heicWithAlpha());
    const divided = await pixelsOf(heicWithAlpha({ premultiplied: true }));
    const alphas = [16 * 128 + 32, 16 * 128 + 96, 48 * 128 + 32].map((pixel) => straight[pixel * 4 + 3] ?? 0);
    expect(new Set(alphas).size).toBe(3);
    for (let at = 0; at < straight.byteLength; at += 4) {
      const alpha = straight[at + 3] ?? 0;
      expect(divided[at + 3]).toBe(alpha);
      expect(divided[at]).toBe(Math.min(255, Math.round(((straight[at] ?? 0) * 255) / alpha)));
    }
  });
});

describe('what is no photo', () => {
  test.each(brokenHeic.map(({ name, make }) => [name, make] as const))('%s', async (_name, make) => {
    const bytes = Buffer.from(await make());
    const started = performance.now();
    await expect(decodeHeic(bytes)).rejects.toMatchObject({
      code: 'unprocessable_image',
      message: expect.stringContaining('Export the photo as JPEG'),
    });
    try {
      probeHeic(bytes);
    } catch (error) {
      expect(error).toMatchObject({ code: 'unprocessable_image' });
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('changed bytes never do more harm than being refused', async () => {
    const wholes = [heicQuarters(), heicGrid({ columns: 3, rows: 2, width: 300, height: 100 }), heicWithAlpha()];
    for (let seed = 1; seed <= 240; seed += 1) {
      const altered = Buffer.from(wholes[seed % 3] ?? []);
      for (let hit = 0; hit <= seed % 3; hit += 1) {
        altered[(seed * 7919 + hit * 104_729) % altered.byteLength] = (seed * 31 + hit * 17) & 255;
      }
      const result = await decodeHeic(altered).catch((error: unknown) => error);
      if (result instanceof Error) expect(result).toMatchObject({ code: 'unprocessable_image' });
    }
  });

  test('too many pixels are told by the header, and never decoded', async () => {
    const grid = heicGrid({ columns: 9, rows: 9, width: 1152, height: 576 });
    expect(probeHeic(grid)).toMatchObject({ width: 1152, height: 576 });
    await decodeHeic(grid, 1152 * 576);
    await expect(decodeHeic(grid, 1152 * 576 - 1)).rejects.toMatchObject({ code: 'unprocessable_image' });
  });
});

test('the library gets no more memory than allowed', () => {
  const { allocate } = loadHeifLibrary();
  allocate(300 * 1024 * 1024);
  expect(() => allocate(150 * 1024 * 1024)).toThrow('no memory left');
});

test('one photo after the other takes no more memory than one', async () => {
  const photo = heicQuarters();
  const decodeMany = async (times: number): Promise<number> => {
    for (let time = 0; time < times; time += 1) await decodeHeic(photo);
    return process.memoryUsage.rss();
  };
  const before = await decodeMany(20);
  // An instance has 16 MB.
  expect((await decodeMany(150)) - before).toBeLessThan(150 * 1024 * 1024);
});
