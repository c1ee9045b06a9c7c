import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import local from '../../../providers/local/index.ts';
import { figure, nothing } from './cutout-drawings.ts';
import { drawn } from './support.ts';

afterAll(() => local.close?.());

const place = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#20c8c8' } })
    .png()
    .toBuffer();

const compose = async (person: Buffer, size: readonly [number, number], fields: object = {}): Promise<Buffer> => {
  const assets = { person: await sharp(person).png().toBuffer(), place: await place(...size) };
  const sent = { person: 'asset_person', place: 'asset_place', ...fields };
  const { bytes } = await drawn('compose', sent, { assets, options: { max_side: 640 } });
  return Buffer.from(bytes);
};

/** Where the picture is not the place's cyan: left, top, right, bottom in shares. Shadows keep the hue. */
const whereOf = async (bytes: Buffer) => {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const box = { left: 1, top: 1, right: 0, bottom: 0 };
  for (let i = 0; i < info.width * info.height; i++) {
    const [r = 0, g = 0, b = 0] = data.subarray(i * 3, i * 3 + 3);
    if (Math.abs(g - b) < 14 && r < g * 0.62) continue;
    const [x, y] = [(i % info.width) / info.width, Math.floor(i / info.width) / info.height];
    box.left = Math.min(box.left, x);
    box.top = Math.min(box.top, y);
    box.right = Math.max(box.right, x);
    box.bottom = Math.max(box.bottom, y);
  }
  return box;
};

const standing = figure({ top: 'straps', standing: true });
const cut = figure({ top: 'shirt', standing: false });

describe('where a person is put', () => {
  it.each([
    ['a wide', [1200, 600]],
    ['a square', [900, 900]],
    ['a tall', [700, 1000]],
  ] as const)('stands in %s place at a believable size, feet on the ground', async (_, size) => {
    const { left, top, right, bottom } = await whereOf(await compose(standing, size));
    expect(bottom - top).toBeGreaterThan(0.58);
    expect(bottom - top).toBeLessThan(0.8);
    expect(bottom).toBeGreaterThan(0.86);
    expect(bottom).toBeLessThan(0.985);
    expect((left + right) / 2).toBeCloseTo(0.5, 1);
  });

  it.each([
    ['a wide', [1200, 600]],
    ['a square', [900, 900]],
  ] as const)('fills %s place from its bottom edge when the frame cuts them', async (_, size) => {
    const { top, bottom } = await whereOf(await compose(cut, size));
    expect(bottom).toBeGreaterThan(0.99);
    expect(top).toBeGreaterThan(0.04);
    expect(top).toBeLessThan(0.3);
  });

  it('draws the same bytes for the same request and seed, others for another seed', async () => {
    const [one, again, other] = [
      await compose(cut, [900, 600], { seed: 4 }),
      await compose(cut, [900, 600], { seed: 4 }),
      await compose(cut, [900, 600], { seed: 5 }),
    ];
    expect(one.equals(again)).toBe(true);
    expect(one.equals(other)).toBe(false);
  });

  it('says which picture has no subject', async () => {
    await expect(compose(await nothing.bricks(), [600, 600])).rejects.toMatchObject({
      code: 'no_subject_found',
      message: expect.stringContaining('person'),
    });
  });
});
