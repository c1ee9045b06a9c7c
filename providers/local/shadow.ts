import { blurPlane } from './blur.ts';
import type { Placed } from './place.ts';
import { at, type Box, clamp, makePlane, mapPlane, type Plane, type Raster, smoothstep } from './raster.ts';
import { planeRows, resizePlane, within } from './resample.ts';

/** Shadows are soft: they are worked out no larger than this. */
const shadowSide = 512;

interface Outline {
  readonly alpha: Plane;
  readonly box: Box;
}

/** The lowest row of a column that the subject covers; above its box where it covers none. */
const footOf = ({ alpha, box }: Outline, x: number): number => {
  let y = box.bottom - 1;
  while (y >= box.top && at(alpha.data, y * alpha.width + x) < 0.5) y--;
  return y;
};

/** Where the subject meets the ground: its lowest pixels, column by column. */
const contact = (outline: Outline): Plane => {
  const { alpha, box } = outline;
  const out = makePlane(alpha.width, alpha.height);
  const height = box.bottom - box.top;
  const thick = Math.max(1.5, height * 0.012);
  for (let x = box.left; x < box.right; x++) {
    const y = footOf(outline, x);
    const strength = smoothstep(0.09, 0, (box.bottom - 1 - y) / height);
    if (strength <= 0) continue;
    for (let d = -thick; d <= thick * 0.9; d++) {
      const row = Math.round(y + d);
      if (row >= 0 && row < alpha.height) out.data[row * alpha.width + x] = strength;
    }
  }
  return out;
};

/** How flat a standing outline lies as a shadow, seen from eye height. */
const flat = 0.17;

/** The outline laid down on the ground, leaning away from the light; `up` runs from its feet 0 to its head 1. */
const cast = ({ alpha, box }: Outline, lean: number, share: (up: number) => number): Plane => {
  const out = makePlane(alpha.width, alpha.height);
  const height = box.bottom - box.top;
  for (let y = Math.max(0, Math.floor(box.bottom - height * flat)); y < box.bottom; y++) {
    const up = (box.bottom - 1 - y) / flat;
    const row = Math.round(box.bottom - 1 - up);
    if (row < box.top) continue;
    const dark = share(up / height);
    for (let x = 0; x < alpha.width; x++) {
      const from = Math.round(x - lean * up * 0.55);
      if (from >= 0 && from < alpha.width)
        out.data[y * alpha.width + x] = at(alpha.data, row * alpha.width + from) * dark;
    }
  }
  return out;
};

const darkness = (outline: Outline, lean: number): Plane => {
  const size = outline.box.bottom - outline.box.top;
  const touch = contact(outline);
  const tight = blurPlane(touch, Math.max(1, size * 0.007));
  const wide = blurPlane(touch, size * 0.032);
  // The farther from what throws it, the softer and the fainter.
  const near = blurPlane(
    cast(outline, lean, (up) => 0.9 * smoothstep(0.4, 0.05, up)),
    Math.max(1, size * 0.013),
  );
  const far = blurPlane(
    cast(outline, lean, (up) => 0.6 * smoothstep(0.02, 0.4, up) * (1 - 0.85 * up)),
    size * 0.034,
  );
  return mapPlane(
    tight,
    (value, i) => 0.5 * value + 0.62 * at(wide.data, i) + 0.36 * at(near.data, i) + 0.4 * at(far.data, i),
  );
};

/** Darkens the ground under one who stands. `lean` is -1 to 1: the shadow falls to the left or to the right. */
export const dropShadow = (ground: Raster, placed: Placed, lean: number, strength: number): void => {
  if (!placed.stands) return;
  const { width, height } = ground;
  const size = within(ground, shadowSide);
  const scale = size.width / width;
  const { left, top, right, bottom } = placed.box;
  const outline: Outline = {
    alpha: resizePlane(placed.alpha, size.width, size.height),
    box: {
      left: Math.floor(left * scale),
      top: Math.floor(top * scale),
      right: Math.min(size.width, Math.ceil(right * scale)),
      bottom: Math.min(size.height, Math.round(bottom * scale)),
    },
  };
  const darks = planeRows(darkness(outline, lean), width, height);
  for (let y = 0, i = 0; y < height; y++) {
    const dark = darks(y);
    for (let x = 0; x < width; x++, i++) {
      if (at(dark, x) < 0.002) continue;
      const left = 1 - clamp(at(dark, x) * strength, 0, 0.82);
      for (let p = i * 3; p < i * 3 + 3; p++) ground.data[p] = at(ground.data, p) * left;
    }
  }
};
