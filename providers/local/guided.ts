import { boxBlurPlane } from './blur.ts';
import { at, makePlane, type Plane, type Raster } from './raster.ts';

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

/** What the filter found at the plane's size: the plane as a linear function of the guide's colour, place by place. */
interface Slopes {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and the rest, interleaved. */
  readonly data: Float32Array;
}

/**
 * The fast guided filter (He and Sun, https://arxiv.org/abs/1505.00996) with a colour guide: read with `guidedAt`, the
 * plane comes back with the edges of a guide of any size. `small` is the guide at the plane's size, `radius` counts its
 * pixels, `epsilon` is the variance that counts as flat.
 */
export const guidedSlopes = (small: Raster, plane: Plane, radius: number, epsilon: number): Slopes => {
  const colors = [channel(small, 0), channel(small, 1), channel(small, 2)] as const;
  const mean = (of: Plane): Float32Array => boxBlurPlane(of, radius).data;
  const means = colors.map(mean) as [Float32Array, Float32Array, Float32Array];
  const meanPlane = mean(plane);
  const square = (i: 0 | 1 | 2, j: 0 | 1 | 2): Float32Array => mean(product(colors[i], colors[j]));
  const [rr, rg, rb, gg, gb, bb] = [square(0, 0), square(0, 1), square(0, 2), square(1, 1), square(1, 2), square(2, 2)];
  const mixed = colors.map((color) => mean(product(color, plane))) as [Float32Array, Float32Array, Float32Array];
  const slopes = [0, 1, 2].map(() => makePlane(plane.width, plane.height)) as [Plane, Plane, Plane];
  const rest = makePlane(plane.width, plane.height);
  const [mr, mg, mb] = means;
  for (let i = 0; i < plane.data.length; i++) {
    const [red, green, blue, own] = [at(mr, i), at(mg, i), at(mb, i), at(meanPlane, i)];
    // The symmetric 3 by 3 system of the colours' covariance, solved by its adjugate.
    const a = at(rr, i) - red * red + epsilon;
    const b = at(rg, i) - red * green;
    const c = at(rb, i) - red * blue;
    const d = at(gg, i) - green * green + epsilon;
    const e = at(gb, i) - green * blue;
    const f = at(bb, i) - blue * blue + epsilon;
    const x = at(mixed[0], i) - red * own;
    const y = at(mixed[1], i) - green * own;
    const z = at(mixed[2], i) - blue * own;
    const c00 = d * f - e * e;
    const c01 = c * e - b * f;
    const c02 = b * e - c * d;
    const det = a * c00 + b * c01 + c * c02;
    const c11 = a * f - c * c;
    const c12 = b * c - a * e;
    const c22 = a * d - b * b;
    const r = (c00 * x + c01 * y + c02 * z) / det;
    const g = (c01 * x + c11 * y + c12 * z) / det;
    const v = (c02 * x + c12 * y + c22 * z) / det;
    slopes[0].data[i] = r;
    slopes[1].data[i] = g;
    slopes[2].data[i] = v;
    rest.data[i] = own - r * red - g * green - v * blue;
  }
  const data = new Float32Array(plane.data.length * 4);
  [...slopes, rest].forEach((of, k) => {
    const blurred = boxBlurPlane(of, radius).data;
    for (let i = 0; i < blurred.length; i++) data[i * 4 + k] = at(blurred, i);
  });
  return { width: plane.width, height: plane.height, data };
};

/** The filtered plane at a place, in its own pixels, under the colour that `guide` has from `p` on. */
export const guidedAt = ({ width, height, data }: Slopes, x: number, y: number, guide: Raster, p: number): number => {
  const left = x < 0 ? 0 : x > width - 2 ? Math.max(0, width - 2) : x | 0;
  const top = y < 0 ? 0 : y > height - 2 ? Math.max(0, height - 2) : y | 0;
  const u = x - left < 0 ? 0 : x - left > 1 ? 1 : x - left;
  const v = y - top < 0 ? 0 : y - top > 1 ? 1 : y - top;
  const a = (top * width + left) * 4;
  const b = width > 1 ? a + 4 : a;
  const down = height > 1 ? width * 4 : 0;
  const [wa, wb, wc, wd] = [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v];
  let sum = 0;
  for (let k = 0; k < 4; k++) {
    const slope =
      wa * at(data, a + k) + wb * at(data, b + k) + wc * at(data, a + down + k) + wd * at(data, b + down + k);
    sum += k === 3 ? slope : slope * at(guide.data, p + k);
  }
  return sum;
};
