import { at, type Box, makeRaster, type Plane, type Raster } from './raster.ts';

/** For each place: the first source pixel, how many, and their weights, `most` apart. */
interface Taps {
  readonly start: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float32Array;
  readonly most: number;
}

/** A triangle as wide as the scale: bilinear when growing, an area average when shrinking. */
const tapsFor = (from: number, to: number, offset: number, span: number): Taps => {
  const scale = span / to;
  const reach = Math.max(1, scale);
  const most = Math.ceil(reach * 2) + 2;
  const taps = { start: new Int32Array(to), count: new Int32Array(to), weights: new Float32Array(to * most), most };
  for (let i = 0; i < to; i++) {
    const center = offset + (i + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.min(from - 1, Math.ceil(center - reach)));
    const last = Math.max(first, Math.min(from - 1, Math.floor(center + reach)));
    let total = 0;
    for (let k = first; k <= last; k++) total += Math.max(1e-6, 1 - Math.abs(k - center) / reach);
    for (let k = first; k <= last; k++) {
      taps.weights[i * most + k - first] = Math.max(1e-6, 1 - Math.abs(k - center) / reach) / total;
    }
    taps.start[i] = first;
    taps.count[i] = last - first + 1;
  }
  return taps;
};

interface Source {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** One row, stretched. Three channels are written out: this is the innermost loop of everything. */
const stretch = (source: Source, y: number, { start, count, weights, most }: Taps, out: Float32Array): void => {
  const { data, width, channels } = source;
  const base = y * width;
  for (let x = 0; x < start.length; x++) {
    const taps = count[x] as number;
    const first = base + (start[x] as number);
    if (channels === 1) {
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += at(weights, x * most + k) * at(data, first + k);
      out[x] = sum;
      continue;
    }
    let r = 0;
    let g = 0;
    let b = 0;
    for (let k = 0, p = first * 3; k < taps; k++, p += 3) {
      const weight = at(weights, x * most + k);
      r += weight * at(data, p);
      g += weight * at(data, p + 1);
      b += weight * at(data, p + 2);
    }
    out[x * 3] = r;
    out[x * 3 + 1] = g;
    out[x * 3 + 2] = b;
  }
};

const add = (out: Float32Array, row: Float32Array, weight: number, first: boolean): void => {
  if (first) for (let x = 0; x < row.length; x++) out[x] = weight * at(row, x);
  else for (let x = 0; x < row.length; x++) out[x] = at(out, x) + weight * at(row, x);
};

/** Row `y` at the new size; the next call overwrites it. */
export type Rows = (y: number) => Float32Array;

const rowsFrom = (source: Source, width: number, height: number, part: Box): Rows => {
  const across = tapsFor(source.width, width, part.left, part.right - part.left);
  const down = tapsFor(source.height, height, part.top, part.bottom - part.top);
  const out = new Float32Array(width * source.channels);
  // Stretched rows serve the few result rows near them, then their space is used again.
  const ring = Array.from({ length: down.most }, () => ({ row: -1, data: new Float32Array(out.length) }));
  return (y) => {
    const first = down.start[y] as number;
    const taps = down.count[y] as number;
    for (let k = 0; k < taps; k++) {
      const slot = ring[(first + k) % down.most] as (typeof ring)[number];
      if (slot.row !== first + k) stretch(source, first + k, across, slot.data);
      slot.row = first + k;
      add(out, slot.data, at(down.weights, y * down.most + k), k === 0);
    }
    return out;
  };
};

/** A part at its own size: copied, not computed. */
const crop = ({ data, width, channels }: Source, part: Box): Float32Array => {
  const line = (part.right - part.left) * channels;
  const out = new Float32Array(line * (part.bottom - part.top));
  for (let y = part.top; y < part.bottom; y++) {
    const from = (y * width + part.left) * channels;
    out.set(data.subarray(from, from + line), (y - part.top) * line);
  }
  return out;
};

const resample = (source: Source, width: number, height: number, part: Box): Float32Array => {
  const whole = Number.isInteger(part.left) && Number.isInteger(part.top);
  if (whole && part.right - part.left === width && part.bottom - part.top === height) return crop(source, part);
  const rows = rowsFrom(source, width, height, part);
  const line = width * source.channels;
  const out = new Float32Array(line * height);
  for (let y = 0; y < height; y++) out.set(rows(y), y * line);
  return out;
};

const whole = (image: { width: number; height: number }): Box => ({
  left: 0,
  top: 0,
  right: image.width,
  bottom: image.height,
});

export const resizeRaster = (picture: Raster, width: number, height: number, part: Box = whole(picture)): Raster =>
  picture.width === width && picture.height === height && part.left === 0 && part.right === width && part.top === 0
    ? picture
    : { ...makeSize(width, height), data: resample({ ...picture, channels: 3 }, width, height, part) };

export const resizePlane = (plane: Plane, width: number, height: number, part: Box = whole(plane)): Plane =>
  plane.width === width && plane.height === height && part.left === 0 && part.right === width && part.top === 0
    ? plane
    : { ...makeSize(width, height), data: resample({ ...plane, channels: 1 }, width, height, part) };

/** The same, for what is read once from top to bottom: it is never held whole. */
export const rasterRows = (picture: Raster, width: number, height: number): Rows =>
  rowsFrom({ ...picture, channels: 3 }, width, height, whole(picture));

export const planeRows = (plane: Plane, width: number, height: number): Rows =>
  rowsFrom({ ...plane, channels: 1 }, width, height, whole(plane));

const makeSize = (width: number, height: number): { width: number; height: number } => ({ width, height });

/** The middle of the picture in the given shape, as much of it as fits. */
const coverPart = (picture: Raster, width: number, height: number): Box => {
  const scale = Math.min(picture.width / width, picture.height / height);
  const left = (picture.width - width * scale) / 2;
  const top = (picture.height - height * scale) / 2;
  return { left, top, right: left + width * scale, bottom: top + height * scale };
};

export const cover = (picture: Raster, width: number, height: number): Raster =>
  resizeRaster(picture, width, height, coverPart(picture, width, height));

/** The size with the same shape whose longest side is `side`; never larger than it was. */
export const within = (size: { width: number; height: number }, side: number): { width: number; height: number } => {
  const scale = Math.min(1, side / Math.max(size.width, size.height));
  return { width: Math.max(1, Math.round(size.width * scale)), height: Math.max(1, Math.round(size.height * scale)) };
};

export const copyRaster = (picture: Raster): Raster => {
  const out = makeRaster(picture.width, picture.height);
  out.data.set(picture.data);
  return out;
};
