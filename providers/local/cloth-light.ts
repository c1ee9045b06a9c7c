import { blurPlane } from './blur.ts';
import type { Body } from './body.ts';
import type { Clothes } from './clothes.ts';
import { at, type Box, clamp, luma, makePlane, mapPlane, mix, type Plane } from './raster.ts';
import { resizePlane } from './resample.ts';

/** How much of a change is taken for folds: pockets, seams and prints make larger ones, and stay with the old clothes. */
const folding = (ratio: Plane, piece: Plane): number => {
  let sum = 0;
  let count = 1;
  for (let i = 0; i < ratio.data.length; i++) {
    if (at(piece.data, i) === 0) continue;
    sum += Math.abs(at(ratio.data, i) - 1);
    count++;
  }
  return 0.55 * clamp(0.045 / Math.max(1e-3, sum / count));
};

/** How much lighter or darker each point is than its surroundings within the same piece of clothing. */
export const foldsOf = (body: Body, { cloth, seam }: Clothes): Plane => {
  const { picture, by } = body.small;
  const bright = luma(picture);
  const line = (seam ?? body.crotch) / by;
  const out = makePlane(cloth.width, cloth.height);
  out.data.fill(1);
  for (const above of [true, false]) {
    const piece = mapPlane(cloth, (value, i) => (Math.floor(i / cloth.width) < line === above ? value : 0));
    const lit = mapPlane(piece, (value, i) => value * at(bright.data, i));
    const mean = (sigma: number): Plane => {
      const total = blurPlane(piece, sigma);
      return mapPlane(blurPlane(lit, sigma), (value, i) => value / Math.max(1e-3, at(total.data, i)));
    };
    const fine = mean(Math.max(1, (body.head * 0.035) / by));
    const broad = mean((body.head * 0.22) / by);
    const ratio = mapPlane(fine, (value, i) => (value + 0.12) / (at(broad.data, i) + 0.12));
    const share = folding(ratio, piece);
    for (let i = 0; i < out.data.length; i++) {
      if (at(piece.data, i) > 0) out.data[i] = clamp(at(ratio.data, i), 0.84, 1.07) ** share;
    }
  }
  return blurPlane(out, 1);
};

interface ClothLight {
  /** What the cloth is multiplied by. */
  readonly on: Plane;
  /** What is left of the light on what lies below, for hems and cuffs throw shadows. */
  readonly below: Plane;
}

/** The body's own light on the cloth: folds of the old clothes, roundness of the outline, the head's shade. */
export const clothLight = (body: Body, folds: Plane, worn: Plane, front: Plane, box: Box): ClothLight => {
  const { by } = body.small;
  const part = { left: box.left / by, top: box.top / by, right: box.right / by, bottom: box.bottom / by };
  const width = Math.max(2, Math.round(worn.width / by));
  const height = Math.max(2, Math.round(worn.height / by));
  const unit = body.head / by;
  const cloth = resizePlane(worn, width, height);
  const round = blurPlane(cloth, unit * 0.11);
  const shade = blurPlane(resizePlane(front, width, height), Math.max(1, unit * 0.1));
  const soft = blurPlane(cloth, Math.max(1, unit * 0.035));
  const own = resizePlane(folds, width, height, part);
  const up = (rows: number, i: number): number => Math.max(i % width, i - Math.round(rows) * width);
  const on = mapPlane(cloth, (_, i) => {
    const edge = mix(0.72, 1, clamp(at(round.data, i) * 1.7 - 0.75));
    return at(own.data, i) * edge * (1 - 0.42 * at(shade.data, up(unit * 0.09, i)));
  });
  const below = mapPlane(cloth, (_, i) => 1 - 0.45 * at(soft.data, up(unit * 0.03, i)));
  return { on: resizePlane(on, worn.width, worn.height), below: resizePlane(below, worn.width, worn.height) };
};
