import sharp from 'sharp';
import { expect, test } from 'vitest';
import { withoutDensity } from '../../src/images/density.ts';
import { from, quarters } from './pictures.ts';

test.each(['png', 'jpeg', 'webp'] as const)(
  'nothing is left in a %s of how large it was to be printed',
  async (format) => {
    const tagged = await from(quarters()).withDensity(333).png().toBuffer();
    expect((await sharp(tagged).metadata()).density).toBe(333);
    const encoded = await sharp(tagged)
      .toFormat(format, { lossless: true } as object)
      .toBuffer();
    const pixels = await sharp(encoded).raw().toBuffer();
    const forgotten = withoutDensity(encoded);
    expect([undefined, 72]).toContain((await sharp(forgotten).metadata()).density);
    expect(Buffer.compare(await sharp(forgotten).raw().toBuffer(), pixels)).toBe(0);
    expect(Buffer.compare(withoutDensity(forgotten), forgotten)).toBe(0);
  },
);
