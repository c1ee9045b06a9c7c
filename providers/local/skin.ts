import { at, mapPlane, type Plane, type Raster } from './raster.ts';

/** 1 where a colour can be skin, of any tone: hue and redness, not lightness (bounds in YCbCr after Chai and Ngan). */
export const skinOf = (picture: Raster, alpha: Plane, least = 0.5): Plane =>
  mapPlane(alpha, (a, i) => {
    if (a < least) return 0;
    const r = at(picture.data, i * 3);
    const g = at(picture.data, i * 3 + 1);
    const b = at(picture.data, i * 3 + 2);
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    const cr = (r - y) * 0.713;
    const cb = (b - y) * 0.564;
    return y > 0.14 && cr > 0.025 && cr < 0.17 && cb < -0.012 && cb > -0.19 && r > g && g > b * 0.92 ? 1 : 0;
  });
