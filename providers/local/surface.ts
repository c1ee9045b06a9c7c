import { at, clamp, luma, type Raster } from './raster.ts';
import { resizeRaster } from './resample.ts';

const rows = 160;
const columns = 64;

/** How strongly brightness or colour changes from row to row, along the whole middle of the picture. */
const steps = (picture: Raster): Float32Array => {
  const small = resizeRaster(picture, columns, rows);
  const bright = luma(small);
  const out = new Float32Array(rows);
  for (let y = 2; y < rows - 2; y++) {
    let light = 0;
    let warm = 0;
    for (let x = columns * 0.2; x < columns * 0.8; x++) {
      const up = (y - 2) * columns + Math.floor(x);
      const down = (y + 1) * columns + Math.floor(x);
      light += at(bright.data, down) - at(bright.data, up);
      warm +=
        at(small.data, down * 3) - at(small.data, down * 3 + 2) - at(small.data, up * 3) + at(small.data, up * 3 + 2);
    }
    out[y] = (Math.abs(light) + 0.6 * Math.abs(warm)) / (columns * 0.6);
  }
  return out;
};

/**
 * Where in a photo a thing can stand, as a share of the height: well inside the lowest broad surface, such as a
 * tabletop, that level edges bound. Undefined where no edge tells.
 */
export const floorOf = (picture: Raster): number | undefined => {
  const change = steps(picture);
  const peak = Math.max(...change.subarray(Math.floor(rows * 0.3)));
  if (peak < 0.05) return undefined;
  const edges: number[] = [];
  for (let y = Math.floor(rows * 0.3); y < rows - 3; y++) {
    const value = at(change, y);
    const top = value >= at(change, y - 1) && value > at(change, y + 1);
    if (!top || value < Math.max(0.04, peak * 0.4)) continue;
    if (edges.length > 0 && y - (edges.at(-1) as number) < rows * 0.05) continue;
    edges.push(y);
  }
  const bounds = [...edges, rows];
  let best: { readonly top: number; readonly height: number } | undefined;
  for (let k = 0; k + 1 < bounds.length; k++) {
    const top = bounds[k] as number;
    const height = (bounds[k + 1] as number) - top;
    if (height >= rows * 0.09 && (best === undefined || height > best.height)) best = { top, height };
  }
  return best === undefined ? undefined : clamp((best.top + best.height * 0.62) / rows, 0.5, 0.94);
};
