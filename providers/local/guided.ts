import { boxBlurPlane } from './blur.ts';
import { at, makePlane, type Plane, type Raster } from './raster.ts';
import { resizePlane } from './resample.ts';

const product = (left: Plane, right: Plane): Plane => {
  const out = makePlane(left.width, left.height);
  for (let i = 0; i < out.data.length; i++) out.data[i] = at(left.data, i) * at(right.data, i);
  return out;
};

const channel = (picture: Raster, which: number): Plane => {
  const out = makePlane(picture.width, picture.height);
  for (let i = 0, p = which; i < out.data.length; i++, p += 3) out.data[i] = at(picture.data, p);
  return out;
};

/** Solves the symmetric 3 by 3 system whose upper half is given. */
const solve = (m: readonly number[], v: readonly number[]): readonly [number, number, number] => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = m;
  const [x = 0, y = 0, z = 0] = v;
  const c00 = d * f - e * e;
  const c01 = c * e - b * f;
  const c02 = b * e - c * d;
  const det = a * c00 + b * c01 + c * c02;
  const c11 = a * f - c * c;
  const c12 = b * c - a * e;
  const c22 = a * d - b * b;
  return [
    (c00 * x + c01 * y + c02 * z) / det,
    (c01 * x + c11 * y + c12 * z) / det,
    (c02 * x + c12 * y + c22 * z) / det,
  ];
};

/**
 * The fast guided filter (He and Sun, https://arxiv.org/abs/1505.00996) with a colour guide: `plane` comes back with
 * the edges of `guide`. `small` is the guide at the plane's size. `radius` counts pixels of the plane, `epsilon` is the variance that counts as flat.
 */
export const guidedFilter = (guide: Raster, small: Raster, plane: Plane, radius: number, epsilon: number): Plane => {
  const colors = [channel(small, 0), channel(small, 1), channel(small, 2)] as const;
  const mean = (of: Plane): Float32Array => boxBlurPlane(of, radius).data;
  const means = colors.map(mean) as [Float32Array, Float32Array, Float32Array];
  const meanPlane = mean(plane);
  const pairs = [
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 1],
    [1, 2],
    [2, 2],
  ] as const;
  const squares = pairs.map(([i, j]) => mean(product(colors[i], colors[j])));
  const mixed = colors.map((color) => mean(product(color, plane)));
  const slopes = [0, 1, 2].map(() => makePlane(plane.width, plane.height)) as [Plane, Plane, Plane];
  const rest = makePlane(plane.width, plane.height);
  for (let i = 0; i < plane.data.length; i++) {
    const matrix = pairs.map(
      ([r, c], k) => at(squares[k] as Float32Array, i) - at(means[r], i) * at(means[c], i) + (r === c ? epsilon : 0),
    );
    const right = [0, 1, 2].map(
      (c) => at(mixed[c] as Float32Array, i) - at(means[c] as Float32Array, i) * at(meanPlane, i),
    );
    const [r, g, b] = solve(matrix, right);
    slopes[0].data[i] = r;
    slopes[1].data[i] = g;
    slopes[2].data[i] = b;
    rest.data[i] = at(meanPlane, i) - r * at(means[0], i) - g * at(means[1], i) - b * at(means[2], i);
  }
  const [r, g, b, base] = [...slopes, rest].map((part) =>
    resizePlane(boxBlurPlane(part, radius), guide.width, guide.height),
  ) as [Plane, Plane, Plane, Plane];
  const out = makePlane(guide.width, guide.height);
  for (let i = 0, p = 0; i < out.data.length; i++, p += 3) {
    out.data[i] =
      at(r.data, i) * at(guide.data, p) +
      at(g.data, i) * at(guide.data, p + 1) +
      at(b.data, i) * at(guide.data, p + 2) +
      at(base.data, i);
  }
  return out;
};
