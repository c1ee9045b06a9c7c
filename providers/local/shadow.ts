import { blurPlane } from './blur.ts';
import type { Placed } from './place.ts';
import { at, clamp, makePlane, type Plane, type Raster, smoothstep } from './raster.ts';

/** Where the subject meets the ground: its lowest pixels, column by column. */
const contact = ({ alpha, box }: Placed): Plane => {
  const out = makePlane(alpha.width, alpha.height);
  const height = box.bottom - box.top;
  const thick = Math.max(2, height * 0.012);
  for (let x = box.left; x < box.right; x++) {
    let y = box.bottom - 1;
    while (y >= box.top && at(alpha.data, y * alpha.width + x) < 0.5) y--;
    const lift = (box.bottom - 1 - y) / height;
    const strength = smoothstep(0.09, 0, lift);
    if (strength <= 0) continue;
    for (let d = -thick; d <= thick * 0.9; d++) {
      const row = Math.round(y + d);
      if (row >= 0 && row < alpha.height) out.data[row * alpha.width + x] = strength;
    }
  }
  return out;
};

/** The outline laid down on the ground behind the subject, leaning away from the light. */
const cast = ({ alpha, box }: Placed, lean: number): Plane => {
  const out = makePlane(alpha.width, alpha.height);
  const height = box.bottom - box.top;
  const flat = 0.16;
  for (let y = Math.max(0, Math.floor(box.bottom - height * flat)); y < box.bottom; y++) {
    const up = (box.bottom - 1 - y) / flat;
    const row = Math.round(box.bottom - 1 - up);
    if (row < box.top) continue;
    const fade = 1 - 0.75 * (up / height);
    for (let x = 0; x < alpha.width; x++) {
      const from = Math.round(x - lean * up * 0.5);
      if (from >= 0 && from < alpha.width)
        out.data[y * alpha.width + x] = at(alpha.data, row * alpha.width + from) * fade;
    }
  }
  return out;
};

/** Darkens the ground under one who stands. `lean` is -1 to 1: the shadow falls to the left or to the right. */
export const dropShadow = (ground: Raster, placed: Placed, lean: number, strength: number): void => {
  if (!placed.stands) return;
  const size = placed.box.bottom - placed.box.top;
  const tight = blurPlane(contact(placed), Math.max(1.2, size * 0.008));
  const wide = blurPlane(contact(placed), size * 0.03);
  const long = blurPlane(cast(placed, lean), size * 0.022);
  for (let i = 0; i < tight.data.length; i++) {
    const dark = 0.5 * at(tight.data, i) + 0.55 * at(wide.data, i) + 0.34 * at(long.data, i);
    if (dark < 0.002) continue;
    const left = 1 - clamp(dark * strength, 0, 0.8);
    for (let p = i * 3; p < i * 3 + 3; p++) ground.data[p] = at(ground.data, p) * left;
  }
};
