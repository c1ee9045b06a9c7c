import { at, type Plane, type Raster } from './raster.ts';

/** Means over a square of radius `radius`, by running sums: the cost does not grow with the radius. */
const boxPass = (data: Float32Array, width: number, height: number, channels: number, radius: number): Float32Array => {
  const rows = new Float32Array(data.length);
  for (let y = 0; y < height; y++) alongRow(data, rows, y * width * channels, width, channels, radius);
  const out = new Float32Array(data.length);
  downColumns(rows, out, width * channels, height, radius);
  return out;
};

/** Edges repeat the last pixel. */
const alongRow = (
  from: Float32Array,
  to: Float32Array,
  start: number,
  length: number,
  step: number,
  radius: number,
): void => {
  const reach = Math.min(radius, length - 1);
  const share = 1 / (2 * reach + 1);
  for (let base = start; base < start + step; base++) {
    const last = base + (length - 1) * step;
    let sum = at(from, base) * (reach + 1);
    for (let k = 1; k <= reach; k++) sum += at(from, base + k * step);
    for (let p = base; p <= last; p += step) {
      to[p] = sum * share;
      sum += at(from, Math.min(last, p + (reach + 1) * step)) - at(from, Math.max(base, p - reach * step));
    }
  }
};

/** All columns at once, row by row: memory is read in its order. */
const downColumns = (from: Float32Array, to: Float32Array, line: number, height: number, radius: number): void => {
  const reach = Math.min(radius, height - 1);
  const share = 1 / (2 * reach + 1);
  const sums = new Float64Array(line);
  for (let k = -reach; k <= reach; k++) {
    const row = Math.max(0, k) * line;
    for (let x = 0; x < line; x++) (sums[x] as number) += at(from, row + x);
  }
  for (let y = 0; y < height; y++) {
    const base = y * line;
    const enters = Math.min(height - 1, y + reach + 1) * line;
    const leaves = Math.max(0, y - reach) * line;
    for (let x = 0; x < line; x++) {
      const sum = sums[x] as number;
      to[base + x] = sum * share;
      sums[x] = sum + at(from, enters + x) - at(from, leaves + x);
    }
  }
};

export const boxBlurPlane = (plane: Plane, radius: number): Plane =>
  radius < 1 ? plane : { ...plane, data: boxPass(plane.data, plane.width, plane.height, 1, Math.round(radius)) };

/** Two box passes look like a Gaussian of that sigma, in pixels. */
const passes = (data: Float32Array, width: number, height: number, channels: number, sigma: number): Float32Array => {
  const radius = Math.round(sigma * 1.22);
  if (radius < 1) return data;
  return boxPass(boxPass(data, width, height, channels, radius), width, height, channels, radius);
};

export const blurPlane = (plane: Plane, sigma: number): Plane => ({
  ...plane,
  data: passes(plane.data, plane.width, plane.height, 1, sigma),
});

export const blurRaster = (picture: Raster, sigma: number): Raster => ({
  ...picture,
  data: passes(picture.data, picture.width, picture.height, 3, sigma),
});
