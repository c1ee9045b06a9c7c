import type { Point } from './body.ts';
import { at, type Box, type Cutout, clamp, makePlane, makeRaster } from './raster.ts';

/** A point of the garment and where on the body it goes. */
export interface Pin {
  readonly from: Point;
  readonly to: Point;
}

/**
 * Moving least squares, affine (Schaefer, McPhail, Warren 2006, https://doi.org/10.1145/1141911.1141920): near pins
 * decide, far ones hardly. Works backwards: for a point of the result it gives the point of the source.
 */
const backwards = (pins: readonly Pin[], x: number, y: number): Point => {
  let total = 0;
  let tx = 0;
  let ty = 0;
  let fx = 0;
  let fy = 0;
  const weights = pins.map(({ to }) => {
    const near = (to.x - x) ** 2 + (to.y - y) ** 2 + 4;
    return 1 / (near * Math.sqrt(Math.sqrt(near)));
  });
  for (let k = 0; k < pins.length; k++) {
    const { from, to } = pins[k] as Pin;
    const w = weights[k] as number;
    total += w;
    tx += w * to.x;
    ty += w * to.y;
    fx += w * from.x;
    fy += w * from.y;
  }
  tx /= total;
  ty /= total;
  fx /= total;
  fy /= total;
  let [xx, xy, yy, ax, ay, bx, by] = [0, 0, 0, 0, 0, 0, 0];
  for (let k = 0; k < pins.length; k++) {
    const { from, to } = pins[k] as Pin;
    const w = weights[k] as number;
    const dx = to.x - tx;
    const dy = to.y - ty;
    xx += w * dx * dx;
    xy += w * dx * dy;
    yy += w * dy * dy;
    ax += w * dx * (from.x - fx);
    ay += w * dy * (from.x - fx);
    bx += w * dx * (from.y - fy);
    by += w * dy * (from.y - fy);
  }
  const calm = (xx + yy) * 0.004;
  xx += calm;
  yy += calm;
  const det = xx * yy - xy * xy || 1e-9;
  const dx = x - tx;
  const dy = y - ty;
  const u = (yy * dx - xy * dy) / det;
  const v = (xx * dy - xy * dx) / det;
  return { x: fx + u * ax + v * ay, y: fy + u * bx + v * by };
};

/** Pixels between exact points of the field; between them it is as good as straight. */
const step = 8;

/** The part of the canvas a bent garment can reach: all pins, with room for cloth beyond them. */
const reachOf = (pins: readonly Pin[], width: number, height: number): Box => {
  const xs = pins.map(({ to }) => to.x);
  const ys = pins.map(({ to }) => to.y);
  const room = (Math.max(...xs) - Math.min(...xs)) * 0.3;
  return {
    left: Math.max(0, Math.floor(Math.min(...xs) - room)),
    top: Math.max(0, Math.floor(Math.min(...ys) - room)),
    right: Math.min(width, Math.ceil(Math.max(...xs) + room)),
    bottom: Math.min(height, Math.ceil(Math.max(...ys) + room)),
  };
};

/** Bends a cut-out by its pins; what comes back is the part `box` of a canvas of this size. */
export const bend = (cutout: Cutout, pins: readonly Pin[], canvas: { width: number; height: number }): Cutout => {
  const box = reachOf(pins, canvas.width, canvas.height);
  const width = Math.max(1, box.right - box.left);
  const height = Math.max(1, box.bottom - box.top);
  const columns = Math.floor(width / step) + 2;
  const rows = Math.floor(height / step) + 2;
  const field = Array.from({ length: columns * rows }, (_, i) =>
    backwards(pins, box.left + (i % columns) * step, box.top + Math.floor(i / columns) * step),
  );
  const picture = makeRaster(width, height);
  const alpha = makePlane(width, height);
  const source = cutout.picture;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / step);
    const v = y / step - row;
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / step);
      const u = x / step - column;
      const a = field[row * columns + column] as Point;
      const b = field[row * columns + column + 1] as Point;
      const c = field[(row + 1) * columns + column] as Point;
      const d = field[(row + 1) * columns + column + 1] as Point;
      const sx = (a.x * (1 - u) + b.x * u) * (1 - v) + (c.x * (1 - u) + d.x * u) * v;
      const sy = (a.y * (1 - u) + b.y * u) * (1 - v) + (c.y * (1 - u) + d.y * u) * v;
      if (sx < 0 || sy < 0 || sx >= source.width - 1 || sy >= source.height - 1) continue;
      sample(cutout, sx, sy, picture.data, alpha.data, y * width + x);
    }
  }
  return { picture, alpha, box };
};

const sample = (cutout: Cutout, x: number, y: number, colors: Float32Array, alphas: Float32Array, to: number): void => {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const u = x - left;
  const v = y - top;
  const { width } = cutout.alpha;
  const i = top * width + left;
  const [wa, wb, wc, wd] = [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v];
  const alpha = cutout.alpha.data;
  const value = wa * at(alpha, i) + wb * at(alpha, i + 1) + wc * at(alpha, i + width) + wd * at(alpha, i + width + 1);
  if (value <= 0) return;
  alphas[to] = clamp(value);
  const data = cutout.picture.data;
  for (let c = 0; c < 3; c++) {
    const p = i * 3 + c;
    const q = p + width * 3;
    colors[to * 3 + c] = wa * at(data, p) + wb * at(data, p + 3) + wc * at(data, q) + wd * at(data, q + 3);
  }
};
