import { blurPlane, blurRaster } from './blur.ts';
import type { Placed } from './place.ts';
import { at, clamp, makePlane, makeRaster, mix, type Raster } from './raster.ts';
import { planeRows, rasterRows, resizePlane, resizeRaster, within } from './resample.ts';

/** Reflections are soft: they are worked out no larger than this. */
const reflectionSide = 640;

/** Mirrors one who stands in a glossy ground, fading with the distance; `gloss` 0 leaves it dull. */
export const reflectIn = (ground: Raster, subject: Raster, placed: Placed, gloss: number): void => {
  if (gloss <= 0 || !placed.stands) return;
  const size = within(ground, reflectionSide);
  const scale = size.width / ground.width;
  const picture = resizeRaster(subject, size.width, size.height);
  const alpha = resizePlane(placed.alpha, size.width, size.height);
  const bottom = Math.round(placed.box.bottom * scale);
  const tall = (placed.box.bottom - placed.box.top) * scale;
  const mirrored = makeRaster(size.width, size.height);
  const share = makePlane(size.width, size.height);
  for (let x = 0; x < size.width; x++) {
    let foot = bottom - 1;
    while (foot > 0 && at(alpha.data, foot * size.width + x) < 0.5) foot--;
    // A round base is mirrored from where it curves up; what hangs in the air, from the ground below it.
    const line = bottom - foot < tall * 0.06 ? foot : bottom;
    for (let y = line; y < size.height; y++) {
      const from = 2 * line - y;
      if (from < 0) break;
      const i = y * size.width + x;
      share.data[i] = at(alpha.data, from * size.width + x) * clamp(1 - (y - line) / (tall * 0.55)) ** 1.4;
      for (let c = 0; c < 3; c++) mirrored.data[i * 3 + c] = at(picture.data, (from * size.width + x) * 3 + c);
    }
  }
  const covers = planeRows(blurPlane(share, tall * 0.006), ground.width, ground.height);
  const softs = rasterRows(blurRaster(mirrored, tall * 0.006), ground.width, ground.height);
  for (let y = Math.floor(ground.height * 0.3), i = y * ground.width; y < ground.height; y++) {
    const [cover, soft] = [covers(y), softs(y)];
    for (let x = 0; x < ground.width; x++, i++) {
      const own = gloss * 0.62 * at(cover, x);
      if (own < 0.004) continue;
      for (let c = 0; c < 3; c++) ground.data[i * 3 + c] = mix(at(ground.data, i * 3 + c), at(soft, x * 3 + c), own);
    }
  }
};
