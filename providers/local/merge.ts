import { attune, layOver } from './blend.ts';
import { brighterSide } from './lamp.ts';
import { type Lamp, shineOnGround, shineOnSubject } from './light.ts';
import { shapeNormals } from './normals.ts';
import type { Placed, Size } from './place.ts';
import { clamp, meanColor, type Raster } from './raster.ts';
import { reflectIn } from './reflection.ts';
import { copyRaster } from './resample.ts';
import { dropShadow } from './shadow.ts';

interface Merge {
  readonly placed: Placed;
  readonly ground: Raster;
  readonly size: Size;
  readonly lamp: Lamp | undefined;
  /** 1 leaves the subject's pixels alone, 0 lets the backdrop's light reach it in full. */
  readonly keep: number;
  /** How far the ground's light reaches over the subject's edge. */
  readonly wrap: number;
  /** How much the ground mirrors. */
  readonly gloss?: number;
}

/** Shadows fall away from the lamp or, without one, from the backdrop's brighter side. */
const shadowLean = (ground: Raster, lamp: Lamp | undefined): number => {
  if (lamp !== undefined) return -lamp.x;
  const side = brighterSide(ground);
  return Math.abs(side) < 0.06 ? 0.3 : clamp(-side * 2.2, -0.8, 0.8);
};

/** Subject and ground become one picture: attuned, lit, with a shadow. */
export const merge = async ({ placed, ground, lamp, keep, wrap, gloss = 0 }: Merge): Promise<Raster> => {
  let subject = placed.picture;
  let floor = copyRaster(ground);
  if (keep < 1) {
    const shape = shapeNormals(placed.picture, placed.alpha);
    subject = attune(placed, ground, shape, 1 - keep * keep);
    if (lamp !== undefined && lamp.strength > 0) {
      const held = { ...lamp, strength: lamp.strength * (1 - keep * keep) };
      subject = shineOnSubject(subject, placed.alpha, shape, held);
    }
  }
  if (lamp !== undefined && lamp.strength > 0)
    floor = shineOnGround(floor, { ...lamp, strength: lamp.strength * 0.45 });
  const bright = meanColor(ground).reduce((sum, value) => sum + value, 0) / 3;
  dropShadow(floor, placed, shadowLean(ground, lamp), 0.78 + 0.34 * bright);
  reflectIn(floor, subject, placed, gloss);
  return layOver(floor, subject, placed, wrap * (1 - keep));
};
