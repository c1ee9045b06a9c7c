import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { cutOut } from '../../../providers/local/cutout.ts';
import { load } from '../../../providers/local/picture.ts';
import type { Plane } from '../../../providers/local/raster.ts';
import { canvas, figure, type Ground, nothing, post, sceneOf } from './cutout-drawings.ts';

const { width, height } = canvas;

/** Intersection over union of two masks, soft edges counted in part. */
const overlap = (found: Plane, truth: Plane): number => {
  let both = 0;
  let either = 0;
  for (let i = 0; i < truth.data.length; i++) {
    const [a, b] = [found.data[i] ?? 0, truth.data[i] ?? 0];
    both += Math.min(a, b);
    either += Math.max(a, b);
  }
  return both / either;
};

const bust = figure({ top: 'shirt', standing: false });
const standing = figure({ top: 'straps', standing: true });

describe('cut-outs', () => {
  it.each([
    ['one cut by the frame', 'plain', bust, 0.97],
    ['one who stands', 'plain', standing, 0.96],
    ['one cut by the frame', 'garden', bust, 0.95],
    ['one who stands', 'garden', standing, 0.86],
    ['one beside a post', 'post', bust, 0.93],
  ] as const)('finds %s on a %s ground', async (_, ground: Ground, person, least) => {
    const { scene, truth } = await sceneOf(person, ground);
    const { alpha } = await cutOut(scene, 'image');
    expect(overlap(alpha, truth)).toBeGreaterThan(least);
  });

  it('leaves behind a post that the person stands before', async () => {
    const { scene, truth } = await sceneOf(bust, 'post');
    const { alpha } = await cutOut(scene, 'image');
    let kept = 0;
    let count = 0;
    for (let y = 0; y < height * 0.3; y++) {
      for (let x = post.left; x < post.right; x++) {
        if ((truth.data[y * width + x] ?? 0) > 0) continue;
        kept += alpha.data[y * width + x] ?? 0;
        count++;
      }
    }
    expect(count).toBeGreaterThan(1000);
    expect(kept / count).toBeLessThan(0.05);
  });

  it('has soft edges that do not shine with the old ground', async () => {
    const blurred = await sharp(bust).blur(2.5).png().toBuffer();
    const { scene } = await sceneOf(blurred, 'green');
    const { alpha, picture } = await cutOut(scene, 'image');
    let soft = 0;
    let green = 0;
    for (let i = 0; i < alpha.data.length; i++) {
      const a = alpha.data[i] ?? 0;
      if (a < 0.2 || a > 0.8 || Math.floor(i / width) > 270) continue;
      const [r = 0, g = 0, b = 0] = picture.data.subarray(i * 3, i * 3 + 3);
      soft++;
      if (g > Math.max(r, b) + 0.12) green++;
    }
    expect(soft).toBeGreaterThan(300);
    expect(green / soft).toBeLessThan(0.06);
  });

  it('takes the transparency that a picture brings', async () => {
    const own = await load(await sharp(standing).png().toBuffer(), 1024, 'image');
    const { alpha } = await cutOut(own, 'image');
    expect(alpha).toBe(own.alpha);
  });

  it('cuts the same picture the same way again', async () => {
    const { scene } = await sceneOf(bust, 'garden');
    const [one, other] = [await cutOut(scene, 'image'), await cutOut(scene, 'image')];
    expect(one.alpha.data).toEqual(other.alpha.data);
  });

  it.each(Object.entries(nothing))('says what to send instead of %s', async (_, make) => {
    const loaded = await load(await make(), 1024, 'image');
    await expect(cutOut(loaded, 'image')).rejects.toMatchObject({
      code: 'no_subject_found',
      message: expect.stringMatching(/ground of image.*Send a picture/),
    });
  });
});
