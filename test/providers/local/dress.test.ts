import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import local from '../../../providers/local/index.ts';
import { figure, type GarmentName, garmentPicture } from './cutout-drawings.ts';
import { bright, drawn, type Look, look } from './support.ts';

afterAll(() => local.close?.());

interface Wish {
  readonly side?: number;
  readonly kinds?: readonly string[];
}

const wearer = { top: 'straps', standing: false } as const;

/** A picture of somebody who wears the garment: straps in green, a shirt as it is. */
const worn = (top: 'straps' | 'shirt') => () =>
  sharp(Buffer.from(String(figure({ top, standing: false })).replaceAll('#f4f6f8', '#28b060')))
    .png()
    .toBuffer();

/** The figure in these garments, before white, as large as it was drawn: its parts stay where the drawing has them. */
const dressed = async (
  garments: readonly (GarmentName | (() => Promise<Buffer>))[],
  wish: Wish = {},
  sitting = false,
): Promise<Buffer> => {
  const pictures = await Promise.all(
    garments.map((garment) => (typeof garment === 'string' ? garmentPicture(garment) : garment())),
  );
  const assets = {
    person: await sharp(figure({ ...wearer, sitting }))
      .png()
      .toBuffer(),
    place: await sharp({ create: { width: 600, height: 900, channels: 3, background: '#dfe3e6' } })
      .png()
      .toBuffer(),
    ...Object.fromEntries(pictures.map((picture, k) => [`garment${k}`, picture])),
  };
  const fields = {
    person: 'asset_person',
    place: 'asset_place',
    garments: garments.map((_, k) => `asset_garment${k}`),
  };
  const options = { max_side: wish.side ?? 900, ...(wish.kinds === undefined ? {} : { garment_kinds: wish.kinds }) };
  return Buffer.from((await drawn('compose', fields, { assets, options })).bytes);
};

/** The figure keeps its shape but is drawn at 0.88 of the frame's height, its middle in the frame's middle. */
const part = (seen: Look, left: number, top: number, right: number, bottom: number) => {
  const share = 0.88 / ((900 - 99) / 900);
  const x = (value: number): number => 0.5 + ((value - 300) / 600) * share;
  const y = (value: number): number => 1 - ((900 - value) / 900) * share;
  return seen.mean(x(left), y(top), x(right), y(bottom));
};

const redness = ([r, g, b]: readonly [number, number, number]): number => r - Math.max(g, b);

describe('garments', () => {
  it('cover the torso and leave the head', async () => {
    const [seen, bare] = await Promise.all([dressed(['top']).then(look), dressed([]).then(look)]);
    for (const top of [340, 400, 460, 520]) {
      for (const left of [230, 270, 310, 350]) {
        expect(redness(part(seen, left, top, left + 20, top + 20))).toBeGreaterThan(50);
      }
    }
    const face = [part(seen, 270, 150, 330, 230), part(bare, 270, 150, 330, 230)] as const;
    expect(Math.abs(bright(face[0]) - bright(face[1]))).toBeLessThan(6);
  });

  it('leave nothing of an old top of straps beside a new neckline', async () => {
    const [seen, bare] = await Promise.all([dressed(['dress']).then(look), dressed([]).then(look)]);
    const shoulders = [
      [206, 312, 222, 330],
      [378, 312, 394, 330],
    ] as const;
    for (const [left, top, right, bottom] of shoulders) {
      expect(bright(part(bare, left, top, right, bottom))).toBeGreaterThan(190);
      const [r, g, b] = part(seen, left, top, right, bottom);
      expect(Math.min(r, g, b)).toBeLessThan(170);
    }
  });

  it('wear trousers on both legs', async () => {
    const seen = await look(await dressed(['trousers']));
    for (const [left, right] of [
      [225, 275],
      [325, 380],
    ] as const) {
      const [r, g, b] = part(seen, left, 650, right, 860);
      expect(Math.min(r, g) - b).toBeGreaterThan(50);
    }
    const [r, g, b] = part(seen, 260, 400, 340, 500);
    expect(Math.min(r, g, b)).toBeGreaterThan(170);
  });

  it('go on in their order, whatever order they are sent in', async () => {
    const [one, other] = [await dressed(['top', 'trousers']), await dressed(['trousers', 'top'])];
    expect(one.equals(other)).toBe(true);
    expect(redness(part(await look(one), 270, 595, 330, 615))).toBeGreaterThan(50);
  });

  it('are what garment_kinds says', async () => {
    const [guessed, told] = await Promise.all([
      dressed(['skirt']).then(look),
      dressed(['skirt'], { kinds: ['top'] }).then(look),
    ]);
    expect(redness(part(told, 270, 400, 330, 480))).toBeGreaterThan(redness(part(guessed, 270, 400, 330, 480)) + 50);
  });

  it('come off somebody who wears them, where they have no sleeves', async () => {
    const [seen, bare] = await Promise.all([dressed([worn('straps')]).then(look), dressed([]).then(look)]);
    const [r, g, b] = part(seen, 270, 400, 330, 500);
    expect(g - Math.max(r, b)).toBeGreaterThan(40);
    const face = [part(seen, 270, 150, 330, 230), part(bare, 270, 150, 330, 230)] as const;
    expect(Math.abs(bright(face[0]) - bright(face[1]))).toBeLessThan(6);
  });

  it('with sleeves on a person are asked for alone', async () => {
    await expect(dressed(['trousers', worn('shirt')])).rejects.toMatchObject({
      code: 'no_subject_found',
      message: expect.stringMatching(/^garments\[1\].*Send the garment alone/),
    });
  });

  it('for legs want legs seen from the front', async () => {
    await expect(dressed(['trousers'], {}, true)).rejects.toMatchObject({
      code: 'no_subject_found',
      message: expect.stringMatching(/legs on person.*Send a person who stands/),
    });
    await expect(dressed(['top'], {}, true)).resolves.toBeInstanceOf(Buffer);
  });

  it('take at most a few seconds at 1024 pixels', async () => {
    await dressed(['top'], { side: 512 });
    const started = performance.now();
    await dressed(['top'], { side: 1024 });
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
