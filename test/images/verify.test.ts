import sharp, { type ChannelStats } from 'sharp';
import { describe, expect, test } from 'vitest';
import { isPlainFile } from '../../src/images/metadata.ts';
import { isBlank, verifyOutput } from '../../src/images/verify.ts';
import {
  colourDistance,
  from,
  jpegOfSize,
  noise,
  quarterColours,
  quarters,
  withGainMap,
  withJpegSegment,
  withPngChunks,
} from './pictures.ts';

const picture = noise(96, 64);
const plain = {
  png: () => from(picture).png().toBuffer(),
  jpeg: () => from(picture).jpeg().toBuffer(),
  webp: () => from(picture).webp().toBuffer(),
} as const;
const formats = ['png', 'jpeg', 'webp'] as const;

describe('what a provider returns', () => {
  test.each(formats)('a plain %s is kept byte for byte', async (format) => {
    const bytes = await plain[format]();
    const verified = await verifyOutput(bytes, { format });
    expect(verified).toMatchObject({
      contentType: `image/${format}`,
      width: 96,
      height: 64,
      blank: false,
      encodedAnew: false,
    });
    expect(verified.bytes).toBe(bytes);
    expect((await verifyOutput(bytes)).bytes).toBe(bytes);
  });

  test.each(formats.flatMap((have) => formats.filter((want) => want !== have).map((want) => [have, want] as const)))(
    'a %s is made a %s',
    async (have, want) => {
      const bytes = await plain[have]();
      const verified = await verifyOutput(bytes, { format: want });
      expect(verified).toMatchObject({ contentType: `image/${want}`, width: 96, height: 64, encodedAnew: true });
      expect((await sharp(verified.bytes).metadata()).format).toBe(want);
      expect(colourDistance(await quarterColours(verified.bytes), await quarterColours(bytes))).toBeLessThan(30);
    },
  );

  test.each(['avif', 'gif', 'tiff'] as const)('a %s becomes a PNG', async (format) => {
    const verified = await verifyOutput(await from(picture).toFormat(format).toBuffer());
    expect(verified).toMatchObject({ contentType: 'image/png', encodedAnew: true });
  });

  const tagged: Record<string, () => Promise<[Buffer, 'png' | 'jpeg' | 'webp']>> = {
    'PNG with a workflow': async () => [
      withPngChunks(await plain.png(), ['tEXt', Buffer.from('workflow\0Secret')]),
      'png',
    ],
    'PNG with EXIF': async () => [withPngChunks(await plain.png(), ['eXIf', Buffer.from('MM\0*Secret')]), 'png'],
    'PNG with an unknown chunk': async () => [withPngChunks(await plain.png(), ['seCr', Buffer.from('Secret')]), 'png'],
    'PNG with something behind it': async () => [Buffer.concat([await plain.png(), Buffer.from('Secret')]), 'png'],
    'JPEG with a comment': async () => [withJpegSegment(await plain.jpeg(), 0xfe, Buffer.from('Secret')), 'jpeg'],
    'JPEG with EXIF': async () => [
      await from(picture)
        .withExif({ IFD0: { Make: 'Secret' } })
        .jpeg()
        .toBuffer(),
      'jpeg',
    ],
    'JPEG with an application segment': async () => [
      withJpegSegment(await plain.jpeg(), 0xe5, Buffer.from('Secret')),
      'jpeg',
    ],
    'JPEG with a JFIF thumbnail': async () => [
      withJpegSegment(await plain.jpeg(), 0xe0, Buffer.from('JFXX\0\x13\x01\x01Secret')),
      'jpeg',
    ],
    'JPEG with something behind it': async () => [Buffer.concat([await plain.jpeg(), Buffer.from('Secret')]), 'jpeg'],
    'WebP with XMP': async () => [await from(picture).withXmp('<x>Secret</x>').webp().toBuffer(), 'webp'],
    'WebP with something behind it': async () => [Buffer.concat([await plain.webp(), Buffer.from('Secret')]), 'webp'],
  };
  test.each(Object.entries(tagged))('%s is stripped', async (_name, make) => {
    const [bytes, format] = await make();
    expect(bytes.includes('Secret')).toBe(true);
    const verified = await verifyOutput(bytes, { format });
    expect(verified.encodedAnew).toBe(true);
    expect(Buffer.from(verified.bytes).includes('Secret')).toBe(false);
    expect(isPlainFile(verified.bytes, verified.contentType)).toBe(true);
  });

  test('a profile is applied, and an orientation baked in', async () => {
    const bytes = await from(quarters())
      .withIccProfile('p3')
      .withMetadata({ orientation: 6, icc: 'p3' })
      .jpeg({ quality: 95 })
      .toBuffer();
    const verified = await verifyOutput(bytes, { format: 'jpeg' });
    expect(verified).toMatchObject({ width: 48, height: 64, encodedAnew: true });
    const turned = [
      [30, 40, 210],
      [220, 30, 30],
      [230, 220, 40],
      [30, 180, 40],
    ];
    expect(colourDistance(await quarterColours(verified.bytes), turned)).toBeLessThan(12);
  });

  test('a JPEG with a gain map loses it', async () => {
    const verified = await verifyOutput(await withGainMap(quarters()), { format: 'jpeg' });
    expect(verified.encodedAnew).toBe(true);
    expect(isPlainFile(verified.bytes, 'image/jpeg')).toBe(true);
  });

  test.each([
    ['nothing', async () => Buffer.alloc(0)],
    ['an error page', async () => Buffer.from('<html>502 Bad Gateway</html>')],
    ['an error in JSON', async () => Buffer.from('{"error":"quota"}')],
    ['half a PNG', async () => plain.png().then((bytes) => bytes.subarray(0, bytes.byteLength / 2))],
    ['half a JPEG', async () => plain.jpeg().then((bytes) => bytes.subarray(0, bytes.byteLength / 2))],
    ['half a WebP', async () => plain.webp().then((bytes) => bytes.subarray(0, bytes.byteLength / 2))],
    ['a bomb', async () => jpegOfSize(await plain.jpeg(), 60_000, 60_000)],
    ['SVG', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ])('%s is the provider’s failure', async (_name, make) => {
    await expect(verifyOutput(await make())).rejects.toMatchObject({
      code: 'provider_error',
      retryable: true,
      message: 'The provider returned something that is no complete picture.',
    });
  });
});

describe('blank', () => {
  const flat = (colour: string, alpha = 1): Promise<Buffer> =>
    sharp({ create: { width: 64, height: 64, channels: 4, background: colour } })
      .ensureAlpha(alpha)
      .png()
      .toBuffer();

  test.each(['#000000', '#ffffff', '#80a0c0'])('one colour all over: %s', async (colour) => {
    expect((await verifyOutput(await flat(colour))).blank).toBe(true);
    const jpeg = await sharp(await flat(colour))
      .flatten()
      .jpeg({ quality: 60 })
      .toBuffer();
    expect((await verifyOutput(jpeg)).blank).toBe(true);
  });

  test('nothing to be seen, whatever the hidden colours', async () => {
    const hidden = await from(picture).ensureAlpha(0).png().toBuffer();
    expect((await verifyOutput(hidden)).blank).toBe(true);
  });

  test('a cut-out of one colour, a dark picture and a photo are not', async () => {
    const shape = Buffer.alloc(64 * 64 * 4, 200).map((value, at) => (at % 4 === 3 ? (at < 8000 ? 255 : 0) : value));
    const cutOut = await sharp(Buffer.from(shape), { raw: { width: 64, height: 64, channels: 4 } })
      .png()
      .toBuffer();
    expect((await verifyOutput(cutOut)).blank).toBe(false);
    const dark = await from({ ...picture, pixels: Buffer.from(picture.pixels.map((value) => value / 16)) })
      .png()
      .toBuffer();
    expect((await verifyOutput(dark)).blank).toBe(false);
    expect((await verifyOutput(await plain.jpeg())).blank).toBe(false);
  });

  test('one channel alone counts', () => {
    const channel = (min: number, max: number) => ({ min, max }) as ChannelStats;
    expect(isBlank({ channels: [channel(5, 7), channel(0, 2), channel(9, 9)] })).toBe(true);
    expect(isBlank({ channels: [channel(5, 7), channel(0, 2), channel(9, 12)] })).toBe(false);
    expect(isBlank({ channels: [channel(0, 255), channel(0, 0)] })).toBe(true);
  });
});
