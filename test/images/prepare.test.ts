import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { prepareImage } from '../../src/images/prepare.ts';
import { probeImage } from '../../src/images/probe.ts';
import { colourDistance, from, noise, quarterColours, quarters, withPngChunks } from './pictures.ts';

const [red, green, blue, yellow] = [
  [220, 30, 30],
  [30, 180, 40],
  [30, 40, 210],
  [230, 220, 40],
];
const right = [red, green, blue, yellow] as number[][];
/** By the weights of BT.709 on linear light, as libvips does it. */
const grey = (await quarterColours(await from(quarters()).greyscale().png().toBuffer())) as number[][];

/** What every prepared image is, whatever it was. */
const expectPlain = async (bytes: Uint8Array): Promise<void> => {
  const facts = await sharp(bytes).metadata();
  expect(facts).toMatchObject({ space: 'srgb', depth: 'uchar' });
  expect([3, 4]).toContain(facts.channels);
  for (const kind of ['exif', 'icc', 'xmp', 'iptc', 'orientation', 'comments', 'tifftagPhotoshop'] as const) {
    expect(facts[kind], kind).toBeUndefined();
  }
};

describe('colours are those that were meant', () => {
  const forms: Record<string, () => Promise<Buffer>> = {
    JPEG: () => from(quarters()).jpeg({ quality: 95 }).toBuffer(),
    'progressive JPEG': () => from(quarters()).jpeg({ quality: 95, progressive: true }).toBuffer(),
    PNG: () => from(quarters()).png().toBuffer(),
    '16-bit PNG': () => from(quarters()).toColourspace('rgb16').png().toBuffer(),
    'palette PNG': () => from(quarters()).png({ palette: true }).toBuffer(),
    'palette PNG of 4 colours': () => from(quarters()).png({ palette: true, colours: 4 }).toBuffer(),
    'interlaced PNG': () => from(quarters()).png({ progressive: true }).toBuffer(),
    WebP: () => from(quarters()).webp({ lossless: true }).toBuffer(),
    AVIF: () => from(quarters()).avif({ quality: 90, effort: 0 }).toBuffer(),
    'AVIF of 10 bits': () => from(quarters()).avif({ quality: 90, effort: 0, bitdepth: 10 }).toBuffer(),
    GIF: () => from(quarters()).gif().toBuffer(),
    TIFF: () => from(quarters()).tiff({ compression: 'lzw' }).toBuffer(),
    '16-bit TIFF': () => from(quarters()).toColourspace('rgb16').tiff().toBuffer(),
    'JPEG with the Display P3 profile': () => from(quarters()).withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(),
    'PNG with the Display P3 profile': () => from(quarters()).withIccProfile('p3').png().toBuffer(),
    '16-bit PNG with the sRGB profile': () =>
      from(quarters()).toColourspace('rgb16').withIccProfile('srgb').png().toBuffer(),
    '16-bit PNG with the Display P3 profile': () =>
      from(quarters()).toColourspace('rgb16').withIccProfile('p3').png().toBuffer(),
  };

  test.each(Object.entries(forms))('%s', async (_name, make) => {
    const bytes = await make();
    const prepared = await prepareImage(bytes);
    expect(prepared).toMatchObject({ width: 64, height: 48 });
    expect(colourDistance(await quarterColours(prepared.bytes), right)).toBeLessThanOrEqual(8);
    await expectPlain(prepared.bytes);
  });

  test('the Display P3 pixels themselves are others', async () => {
    const bytes = await from(quarters()).withIccProfile('p3').png().toBuffer();
    const { data } = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true });
    expect(colourDistance([[...data.subarray(0, 3)]], [red as number[]])).toBeGreaterThan(8);
  });

  test.each([
    ['with its profile', true],
    ['without one', false],
  ])('CMYK %s is near, as far as ink goes', async (_name, withProfile) => {
    const soft = Buffer.from(quarters().pixels.map((value) => 100 + value / 3));
    const pixels = from({ ...quarters(), pixels: soft }).toColourspace('cmyk');
    const bytes = await (withProfile ? pixels.withIccProfile('cmyk') : pixels).jpeg({ quality: 95 }).toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const prepared = await prepareImage(bytes);
    const meant = right.map((colour) => colour.map((value) => Math.floor(100 + value / 3)));
    expect(colourDistance(await quarterColours(prepared.bytes), meant)).toBeLessThanOrEqual(20);
    await expectPlain(prepared.bytes);
  });

  test.each(['png', 'jpeg', 'tiff', 'webp'] as const)('greyscale %s', async (format) => {
    const bytes = await from(quarters()).greyscale().toColourspace('b-w').toFormat(format).toBuffer();
    const prepared = await prepareImage(bytes);
    const colours = await quarterColours(prepared.bytes);
    expect(colourDistance(colours, grey)).toBeLessThanOrEqual(12);
    await expectPlain(prepared.bytes);
  });

  test('16-bit greyscale', async () => {
    const bytes = await from(quarters()).greyscale().toColourspace('grey16').png().toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('grey16');
    expect(colourDistance(await quarterColours((await prepareImage(bytes)).bytes), grey)).toBeLessThanOrEqual(12);
  });

  test('grey with alpha keeps both', async () => {
    const bytes = await from(quarters()).greyscale().toColourspace('b-w').ensureAlpha(0.5).png().toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(2);
    const prepared = await prepareImage(bytes, { types: ['image/jpeg', 'image/png'] });
    expect(prepared.contentType).toBe('image/png');
    const { data, info } = await sharp(prepared.bytes).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(4);
    expect(Math.abs((data[3] ?? 0) - 128)).toBeLessThanOrEqual(1);
    expect(colourDistance(await quarterColours(prepared.bytes), grey)).toBeLessThanOrEqual(12);
  });

  test('of an animation, the first frame', async () => {
    const second = quarters().pixels.map((value) => 255 - value);
    const pixels = Buffer.concat([quarters().pixels, second]);
    for (const format of ['gif', 'webp'] as const) {
      const bytes = await sharp(pixels, { raw: { width: 64, height: 96, channels: 3, pageHeight: 48 } })
        .toFormat(format, { lossless: true, delay: [100, 100] } as object)
        .toBuffer();
      expect((await probeImage(bytes)).pages).toBe(2);
      const prepared = await prepareImage(bytes);
      expect(prepared).toMatchObject({ width: 64, height: 48, contentType: 'image/png' });
      expect(colourDistance(await quarterColours(prepared.bytes), right)).toBeLessThanOrEqual(8);
    }
  });
});

describe('orientation', () => {
  const upright: Record<number, readonly (number[] | undefined)[]> = {
    1: [red, green, blue, yellow],
    2: [green, red, yellow, blue],
    3: [yellow, blue, green, red],
    4: [blue, yellow, red, green],
    5: [red, blue, green, yellow],
    6: [blue, red, yellow, green],
    7: [yellow, green, blue, red],
    8: [green, yellow, red, blue],
  };
  const cases = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((orientation) =>
    (['jpeg', 'png', 'webp', 'tiff', 'avif'] as const).map((format) => [orientation, format] as const),
  );
  test.each(cases)('%i of a %s is baked in', async (orientation, format) => {
    const bytes = await from(quarters())
      .withMetadata({ orientation })
      .toFormat(format, { quality: 95, effort: 1, lossless: format === 'webp' } as object)
      .toBuffer();
    const prepared = await prepareImage(bytes);
    expect(prepared).toMatchObject(orientation >= 5 ? { width: 48, height: 64 } : { width: 64, height: 48 });
    expect(await probeImage(bytes)).toMatchObject({
      width: prepared.width,
      height: prepared.height,
      // In AVIF it is a property of the picture, which the decoder itself heeds.
      orientation: format === 'avif' ? 1 : orientation,
    });
    const told = upright[orientation] as number[][];
    expect(colourDistance(await quarterColours(prepared.bytes), told)).toBeLessThanOrEqual(10);
    await expectPlain(prepared.bytes);
  });
});

describe('the form that comes out', () => {
  test('JPEG stays JPEG, all else becomes PNG', async () => {
    const jpeg = await from(quarters()).jpeg().toBuffer();
    const png = await from(quarters()).png().toBuffer();
    const webp = await from(quarters()).webp().toBuffer();
    const types = ['image/jpeg', 'image/png'];
    expect((await prepareImage(jpeg, { types })).contentType).toBe('image/jpeg');
    expect((await prepareImage(png, { types })).contentType).toBe('image/png');
    expect((await prepareImage(webp, { types })).contentType).toBe('image/png');
    expect((await prepareImage(jpeg, { types: ['image/png'] })).contentType).toBe('image/png');
    expect((await prepareImage(png, { types: ['image/webp', 'image/jpeg'] })).contentType).toBe('image/webp');
    expect((await prepareImage(png, { types: ['image/avif', 'image/jpeg'] })).contentType).toBe('image/jpeg');
    await expect(prepareImage(png, { types: ['image/avif'] })).rejects.toThrow('not image/avif');
  });

  test('what shows through becomes white where only JPEG is taken', async () => {
    const bytes = await from(quarters()).ensureAlpha(0).png().toBuffer();
    const prepared = await prepareImage(bytes, { types: ['image/jpeg'] });
    expect(
      colourDistance(
        await quarterColours(prepared.bytes),
        [1, 2, 3, 4].map(() => [255, 255, 255]),
      ),
    ).toBeLessThanOrEqual(2);
  });

  test('the longest side is made as long as asked, never longer than it was', async () => {
    const bytes = await from(quarters(640, 480)).jpeg().toBuffer();
    expect(await prepareImage(bytes, { maxSide: 320 })).toMatchObject({ width: 320, height: 240 });
    expect(await prepareImage(bytes, { maxSide: 2000 })).toMatchObject({ width: 640, height: 480 });
    const tall = await from(quarters(640, 480)).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await prepareImage(tall, { maxSide: 320 })).toMatchObject({ width: 240, height: 320 });
  });

  test('the same bytes in give the same bytes out', async () => {
    const bytes = await from(noise(100, 80)).jpeg().toBuffer();
    const [one, two] = await Promise.all([prepareImage(bytes), prepareImage(bytes)]);
    expect(Buffer.from(one.bytes).equals(two.bytes)).toBe(true);
  });
});

test.each(['jpeg', 'png', 'webp', 'tiff', 'avif'] as const)(
  'nothing that tells where and with what is left of a %s',
  async (format) => {
    const exif = {
      IFD0: { Make: 'SecretCamera', Copyright: 'SecretName' },
      IFD3: { GPSLatitude: '51/1 30/1 0/1', GPSLatitudeRef: 'N' },
    };
    let bytes: Buffer = await from(noise(64, 48))
      .withExif(exif)
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">SecretXmp</x:xmpmeta>')
      .withIccProfile('p3')
      .toFormat(format, { effort: 1 } as object)
      .toBuffer();
    if (format === 'png') {
      bytes = withPngChunks(
        bytes,
        ['tEXt', Buffer.from('workflow\0SecretWorkflow')],
        ['iTXt', Buffer.from('x\0\0\0\0\0SecretText')],
        ['eXIf', Buffer.from('MM\0*SecretExif')],
      );
    }
    expect(bytes.includes('Secret')).toBe(true);
    const prepared = await prepareImage(bytes);
    expect(Buffer.from(prepared.bytes).includes('Secret')).toBe(false);
    expect(Buffer.from(prepared.bytes).includes('Exif')).toBe(false);
    await expectPlain(prepared.bytes);
  },
);

test('of a polyglot, only the picture is left', async () => {
  const script = Buffer.from('*/=alert("Polyglot");//<script>alert("Polyglot")</script>');
  const pictures = await Promise.all([
    from(quarters()).gif().toBuffer(),
    from(quarters()).jpeg().toBuffer(),
    from(quarters()).png().toBuffer(),
  ]);
  for (const picture of pictures) {
    const prepared = await prepareImage(Buffer.concat([picture, script, Buffer.from('PK\x05\x06')]));
    expect(Buffer.from(prepared.bytes).includes('Polyglot')).toBe(false);
  }
});

describe('what is broken', () => {
  const formats = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const;
  const cases = formats.flatMap((format) =>
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99].map((part) => [format, part] as const),
  );
  test.each(cases)('a %s cut off at %d is refused', async (format, part) => {
    const whole = await from(noise(320, 240))
      .toFormat(format, { effort: 1 } as object)
      .toBuffer();
    const failure = prepareImage(whole.subarray(0, Math.floor(whole.byteLength * part)));
    await expect(failure).rejects.toMatchObject({ code: 'unprocessable_image' });
    await prepareImage(whole);
  });

  test.each(formats)('a %s with changed bytes never does more harm than being refused', async (format) => {
    const whole = await from(noise(64, 48))
      .toFormat(format, { effort: 1 } as object)
      .toBuffer();
    for (let seed = 1; seed <= 40; seed += 1) {
      const altered = Buffer.from(whole);
      for (let hit = 0; hit < 3; hit += 1)
        altered[(seed * 7919 + hit * 104_729) % altered.byteLength] = (seed * 31 + hit) & 255;
      const result = await prepareImage(altered).catch((error: unknown) => error);
      if (result instanceof Error) expect(result).toMatchObject({ code: 'unprocessable_image' });
    }
  });
});
