/** A picture while it is worked on: interleaved sRGB, 0 to 1. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** One number per pixel: a mask, a height, a brightness. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Pixels; `right` and `bottom` are exclusive. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Red, green, blue of sRGB, 0 to 1. */
export type Rgb = readonly [number, number, number];

/** A subject free of its ground: `picture` holds its own colours even where `alpha` is partial. */
export interface Cutout {
  readonly picture: Raster;
  readonly alpha: Plane;
  readonly box: Box;
}

export const makeRaster = (width: number, height: number): Raster => ({
  width,
  height,
  data: new Float32Array(width * height * 3),
});

export const makePlane = (width: number, height: number): Plane => ({
  width,
  height,
  data: new Float32Array(width * height),
});

export const clamp = (value: number, low = 0, high = 1): number => (value < low ? low : Math.min(value, high));
export const mix = (from: number, to: number, share: number): number => from + (to - from) * share;
export const smoothstep = (low: number, high: number, value: number): number => {
  const t = clamp((value - low) / (high - low));
  return t * t * (3 - 2 * t);
};

/** Reads where the index is known to be inside. For floats alone: one kind of array keeps the engine's loops fast. */
export const at = (data: Float32Array, index: number): number => data[index] as number;
/** The same for any other list of numbers. */
export const item = (data: ArrayLike<number>, index: number): number => data[index] as number;

export const mapPlane = (plane: Plane, change: (value: number, index: number) => number): Plane => {
  const out = makePlane(plane.width, plane.height);
  for (let i = 0; i < out.data.length; i++) out.data[i] = change(at(plane.data, i), i);
  return out;
};

/** Rec. 709 weights on gamma-coded values: enough for steering, not for measuring light. */
export const luma = (picture: Raster): Plane => {
  const out = makePlane(picture.width, picture.height);
  for (let i = 0, p = 0; i < out.data.length; i++, p += 3) {
    out.data[i] = 0.2126 * at(picture.data, p) + 0.7152 * at(picture.data, p + 1) + 0.0722 * at(picture.data, p + 2);
  }
  return out;
};

/** Where the plane is above `level`, or undefined where it never is. */
export const boxOf = (plane: Plane, level = 0.5): Box | undefined => {
  let left = plane.width;
  let right = 0;
  let top = plane.height;
  let bottom = 0;
  for (let y = 0; y < plane.height; y++) {
    for (let x = 0; x < plane.width; x++) {
      if (at(plane.data, y * plane.width + x) <= level) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  return right > left ? { left, top, right, bottom } : undefined;
};

/** The mean colour, weighted where weights are given. */
export const meanColor = (picture: Raster, weights?: Plane): Rgb => {
  let r = 0;
  let g = 0;
  let b = 0;
  let total = 0;
  for (let i = 0, p = 0; p < picture.data.length; i++, p += 3) {
    const weight = weights === undefined ? 1 : at(weights.data, i);
    r += weight * at(picture.data, p);
    g += weight * at(picture.data, p + 1);
    b += weight * at(picture.data, p + 2);
    total += weight;
  }
  return total < 1e-6 ? [0.5, 0.5, 0.5] : [r / total, g / total, b / total];
};
