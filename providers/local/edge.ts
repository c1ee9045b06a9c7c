import { blurPlane, blurRaster } from './blur.ts';
import {
  at,
  type Box,
  clamp,
  makeRaster,
  mapPlane,
  meanColor,
  mix,
  type Plane,
  type Raster,
  type Rgb,
  smoothstep,
} from './raster.ts';
import { resizePlane, resizeRaster } from './resample.ts';

/** The colours on both sides of the edge, each carried over it from where it is sure. They are smooth: a part of the size is enough. */
interface Sides {
  readonly subject: Raster;
  readonly ground: Raster;
}

/** Blurred colours of the sure pixels of one side; where there is none, `other` or the mean. */
const carried = (picture: Raster, sure: Plane, sigma: number, other: Raster | undefined): Raster => {
  const scaled = makeRaster(picture.width, picture.height);
  for (let i = 0, p = 0; i < sure.data.length; i++) {
    const w = at(sure.data, i);
    for (const end = p + 3; p < end; p++) scaled.data[p] = at(picture.data, p) * w;
  }
  const sums = blurRaster(scaled, sigma);
  const total = blurPlane(sure, sigma);
  const mean = other === undefined ? meanColor(picture, sure) : undefined;
  for (let i = 0, p = 0; i < total.data.length; i++) {
    const weight = at(total.data, i);
    const share = 1 / (weight + few);
    for (let c = 0; c < 3; c++, p++) {
      const rest = other === undefined ? ((mean as Rgb)[c] as number) : at(other.data, p);
      sums.data[p] = (at(sums.data, p) + few * rest) * share;
    }
  }
  return sums;
};

/** Pixels of the picture for each of theirs. */
const fraction = 3;

/** Less sure colour than this nearby is not enough to go by. */
const few = 0.01;

const sidesAt = (picture: Raster, alpha: Plane, part: Box, by: number, reach: number, wide?: Sides): Sides => {
  const width = Math.max(2, Math.round((part.right - part.left) / by));
  const height = Math.max(2, Math.round((part.bottom - part.top) / by));
  const small = resizeRaster(picture, width, height, part);
  const own = resizePlane(alpha, width, height, part);
  const sigma = Math.max(1.2, Math.max(width, height) * reach);
  const side = (inside: boolean, from: Raster | undefined): Raster => {
    const sure = mapPlane(own, (a) => (inside ? smoothstep(0.85, 1, a) : smoothstep(0.15, 0, a)));
    return carried(small, sure, sigma, from === undefined ? undefined : resizeRaster(from, width, height));
  };
  return { subject: side(true, wide?.subject), ground: side(false, wide?.ground) };
};

/**
 * Where between the colours of the ground and of the subject a colour lies, and how far that can be trusted: little where
 * both are much alike, as white on white, and where the colour is neither of them nor a mixture.
 */
const between = (picture: Raster, p: number, ground: Rgb, subject: Rgb): { share: number; trust: number } => {
  let dot = 0;
  let square = 0;
  let own = 0;
  for (const c of [0, 1, 2] as const) {
    const across = subject[c] - ground[c];
    const off = at(picture.data, p + c) - ground[c];
    dot += off * across;
    square += across * across;
    own += off * off;
  }
  const share = clamp(dot / Math.max(1e-4, square));
  const apart = Math.sqrt(square);
  const beside = Math.sqrt(Math.max(0, own - 2 * share * dot + share * share * square)) / Math.max(1e-2, apart);
  return { share, trust: smoothstep(0.3, 0.65, apart) * smoothstep(0.4, 0.15, beside) };
};

/**
 * The edge of a cut-out: how much of each pixel is the subject, read off the colours of both sides where these differ,
 * and the subject's own colour there, without what shone through of the old ground. `fixed` keeps the transparency.
 */
export const cleanEdge = (
  picture: Raster,
  alpha: Plane,
  box: Box,
  fixed: boolean,
): { picture: Raster; alpha: Plane } => {
  const near = Math.ceil(Math.max(alpha.width, alpha.height) * 0.02);
  const part = {
    left: Math.max(0, box.left - near),
    top: Math.max(0, box.top - near),
    right: Math.min(alpha.width, box.right + near),
    bottom: Math.min(alpha.height, box.bottom + near),
  };
  const sides = sidesAt(picture, alpha, part, fraction, 0.006, sidesAt(picture, alpha, part, 9, 0.02));
  const out = makeRaster(picture.width, picture.height);
  const soft = fixed ? alpha : { ...alpha, data: Float32Array.from(alpha.data) };
  for (let y = part.top; y < part.bottom; y++) {
    const row = y * picture.width;
    out.data.set(picture.data.subarray((row + part.left) * 3, (row + part.right) * 3), (row + part.left) * 3);
    for (let x = part.left; x < part.right; x++) {
      const before = at(alpha.data, row + x);
      if (before <= 0.004 || before >= 0.996) continue;
      const p = (row + x) * 3;
      const [u, v] = [(x - part.left + 0.5) / fraction - 0.5, (y - part.top + 0.5) / fraction - 0.5];
      const own = colorAt(sides.subject, u, v);
      const other = colorAt(sides.ground, u, v);
      const { share, trust } = between(picture, p, other, own);
      // What the matte is nearly sure of stays: a highlight on skin is no white wall.
      const read = clamp(share, before - 0.1 - 0.7 * (1 - before), before + 0.4);
      const a = fixed ? before : mix(before, read, 0.9 * trust);
      soft.data[row + x] = a;
      for (const c of [0, 1, 2] as const)
        out.data[p + c] = clamp(own[c] + a * (at(picture.data, p + c) - a * own[c] - (1 - a) * other[c]));
    }
  }
  return { picture: out, alpha: soft };
};

/** Reads between four pixels. */
const colorAt = ({ width, height, data }: Raster, x: number, y: number): Rgb => {
  const left = Math.max(0, Math.min(width - 2, Math.floor(x)));
  const top = Math.max(0, Math.min(height - 2, Math.floor(y)));
  const u = clamp(x - left);
  const v = clamp(y - top);
  const p = (top * width + left) * 3;
  const q = p + width * 3;
  const read = (c: number): number =>
    (at(data, p + c) * (1 - u) + at(data, p + 3 + c) * u) * (1 - v) +
    (at(data, q + c) * (1 - u) + at(data, q + 3 + c) * u) * v;
  return [read(0), read(1), read(2)];
};
