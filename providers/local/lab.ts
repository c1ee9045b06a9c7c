import { at, makeRaster, type Raster, type Rgb } from './raster.ts';

const steps = 4096;
const linear = Float32Array.from({ length: steps + 1 }, (_, i) => {
  const value = i / steps;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});
const coded = Float32Array.from({ length: steps + 1 }, (_, i) => {
  const value = i / steps;
  return value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;
});

const look = (table: Float32Array, value: number): number => {
  const place = value <= 0 ? 0 : value >= 1 ? steps : value * steps;
  const low = place | 0;
  const first = at(table, low);
  return low === steps ? first : first + (at(table, low + 1) - first) * (place - low);
};

/** sRGB to light and back. Dark ends of the tables are interpolated finely enough for 8 bits. */
export const toLinear = (value: number): number => look(linear, value);
export const toCoded = (value: number): number =>
  value < 0.004
    ? value <= 0.0031308
      ? Math.max(0, value) * 12.92
      : 1.055 * value ** (1 / 2.4) - 0.055
    : look(coded, value);

export const linearColor = ([r, g, b]: Rgb): Rgb => [toLinear(r), toLinear(g), toLinear(b)];

const root = (value: number): number => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);

/** CIE L*a*b*: equal distances look equally different. */
export const labOf = (r: number, g: number, b: number): Rgb => {
  const lr = toLinear(r);
  const lg = toLinear(g);
  const lb = toLinear(b);
  const x = root((0.4124 * lr + 0.3576 * lg + 0.1805 * lb) / 0.9505);
  const y = root(0.2126 * lr + 0.7152 * lg + 0.0722 * lb);
  const z = root((0.0193 * lr + 0.1192 * lg + 0.9505 * lb) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
};

export const toLab = (picture: Raster): Raster => {
  const out = makeRaster(picture.width, picture.height);
  for (let p = 0; p < out.data.length; p += 3) {
    const [l, a, b] = labOf(at(picture.data, p), at(picture.data, p + 1), at(picture.data, p + 2));
    out.data[p] = l;
    out.data[p + 1] = a;
    out.data[p + 2] = b;
  }
  return out;
};
