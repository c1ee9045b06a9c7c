import { at, clamp, item, makePlane, type Plane, type Raster } from './raster.ts';

/** A plain ground, as a smooth surface of colour in Lab, and how far each pixel is from it. */
export interface PlainGround {
  readonly distance: Plane;
  /** Typical distance of ground from the surface: noise, paper, wrinkles. */
  readonly noise: number;
  /** Distance when only darkness counts little: a shadow on the ground stays near it. */
  readonly shadow: Plane;
}

type Surface = readonly Float32Array[];

/** Writes the terms of a polynomial at a point; coordinates run from -1 to 1. */
interface Polynomial {
  readonly size: number;
  readonly terms: (x: number, y: number, out: Float32Array) => void;
}

const quadratic: Polynomial = {
  size: 6,
  terms: (x, y, out) => out.set([1, x, y, x * x, x * y, y * y]),
};

/** For studio sweeps and vignettes. */
const quartic: Polynomial = {
  size: 15,
  terms: (x, y, out) => {
    const xx = x * x;
    const yy = y * y;
    out.set([
      1,
      x,
      y,
      xx,
      x * y,
      yy,
      xx * x,
      xx * y,
      x * yy,
      yy * y,
      xx * xx,
      xx * x * y,
      xx * yy,
      x * y * yy,
      yy * yy,
    ]);
  },
};

/** Weighted least squares by elimination; a little weight on small terms keeps it calm where points are missing. */
const leastSquares = (rows: Float32Array, size: number, values: Float32Array, weights: Float32Array): Float32Array => {
  const wide = size + 1;
  const m = new Float64Array(size * wide);
  for (let k = 0; k < values.length; k++) {
    const weight = at(weights, k);
    if (weight < 1e-3) continue;
    for (let i = 0; i < size; i++) {
      const scaled = weight * at(rows, k * size + i);
      for (let j = 0; j < size; j++) (m[i * wide + j] as number) += scaled * at(rows, k * size + j);
      (m[i * wide + size] as number) += scaled * at(values, k);
    }
  }
  for (let i = 0; i < size; i++) {
    (m[i * wide + i] as number) += values.length * 1e-5;
    for (let k = 0; k < size; k++) {
      if (k === i) continue;
      const factor = (m[k * wide + i] as number) / (m[i * wide + i] as number);
      for (let j = i; j <= size; j++) (m[k * wide + j] as number) -= factor * (m[i * wide + j] as number);
    }
  }
  return Float32Array.from({ length: size }, (_, i) => (m[i * wide + size] as number) / (m[i * wide + i] as number));
};

type Points = readonly (readonly [number, number])[];

const borderPoints = (width: number, height: number): Points => {
  const points: [number, number][] = [];
  for (let x = 0; x < width; x += 2) for (const y of [0, 1, 3]) points.push([x, y]);
  for (let y = 0; y < height; y += 2) for (const x of [0, 2, width - 3, width - 1]) points.push([x, y]);
  return points;
};

const gridPoints = (width: number, height: number): Points => {
  const points: [number, number][] = [];
  for (let y = 1; y < height; y += 5) for (let x = 1; x < width; x += 5) points.push([x, y]);
  return points;
};

const distanceAt = (lab: Raster, i: number, surface: Surface, terms: Float32Array): number => {
  let sum = 0;
  for (let c = 0; c < 3; c++) {
    const own = surface[c] as Float32Array;
    let expected = 0;
    for (let k = 0; k < own.length; k++) expected += at(own, k) * at(terms, k);
    const off = at(lab.data, i * 3 + c) - expected;
    sum += off * off;
  }
  return Math.sqrt(sum);
};

/** For one row, the surface as a polynomial in x alone: five coefficients for each channel. */
const alongRow = (surface: Surface, y: number, out: Float64Array): void => {
  const yy = y * y;
  for (let c = 0; c < 3; c++) {
    const k = surface[c] as Float32Array;
    const high = k.length > 6;
    const of = (i: number): number => (high ? at(k, i) : 0);
    out[c * 5] = at(k, 0) + at(k, 2) * y + at(k, 5) * yy + of(9) * yy * y + of(14) * yy * yy;
    out[c * 5 + 1] = at(k, 1) + at(k, 4) * y + of(8) * yy + of(13) * yy * y;
    out[c * 5 + 2] = at(k, 3) + of(7) * y + of(12) * yy;
    out[c * 5 + 3] = of(6) + of(11) * y;
    out[c * 5 + 4] = of(10);
  }
};

/** `darkness` weighs what is darker than the surface: 1 as any other difference, less for shadows. */
const distanceFrom = (lab: Raster, surface: Surface, darkness: number): Plane => {
  const { width, height, data } = lab;
  const out = makePlane(width, height);
  const row = new Float64Array(15);
  for (let y = 0, i = 0; y < height; y++) {
    alongRow(surface, (y / height) * 2 - 1, row);
    for (let px = 0; px < width; px++, i++) {
      const x = (px / width) * 2 - 1;
      let sum = 0;
      for (let c = 0, k = 0; c < 3; c++, k += 5) {
        const tail = item(row, k + 2) + x * (item(row, k + 3) + x * item(row, k + 4));
        const off = at(data, i * 3 + c) - (item(row, k) + x * (item(row, k + 1) + x * tail));
        sum += c === 0 && off < 0 ? (off * darkness) ** 2 : off * off;
      }
      out.data[i] = Math.sqrt(sum);
    }
  }
  return out;
};

interface Fit {
  readonly distance: Plane;
  readonly shadow: () => Plane;
}

const weightOf = (distance: number, spread: number): number => 1 / (1 + (distance / spread) ** 6);

/** Fits, then fits again while points far from the surface lose their say. `spread` is the distance that halves it. */
const robust = (lab: Raster, points: Points, polynomial: Polynomial, first: Float32Array, spread: number): Fit => {
  const { width, height } = lab;
  const { size } = polynomial;
  const rows = new Float32Array(points.length * size);
  points.forEach(([x, y], k) => {
    polynomial.terms((x / width) * 2 - 1, (y / height) * 2 - 1, rows.subarray(k * size, (k + 1) * size));
  });
  const values = [0, 1, 2].map((c) => Float32Array.from(points, ([x, y]) => at(lab.data, (y * width + x) * 3 + c)));
  let weights = first;
  let surface: Surface = [];
  for (let round = 0; round < 5; round++) {
    const fitted = values.map((of) => leastSquares(rows, size, of, weights));
    surface = fitted;
    weights = Float32Array.from(points, ([x, y], k) =>
      weightOf(distanceAt(lab, y * width + x, fitted, rows.subarray(k * size, (k + 1) * size)), spread),
    );
  }
  return {
    distance: distanceFrom(lab, surface, 1),
    shadow: () => distanceFrom(lab, surface, 0.2),
  };
};

const weightsOf = (distance: Plane, points: Points, spread: number): Float32Array =>
  Float32Array.from(points, ([x, y]) => weightOf(at(distance.data, y * distance.width + x), spread));

/** The ground, when most of the top and side borders agree on one smooth surface; else undefined. */
export const plainGround = (lab: Raster): PlainGround | undefined => {
  const { width, height } = lab;
  const border = borderPoints(width, height);
  const rough = robust(
    lab,
    border,
    quadratic,
    Float32Array.from(border, ([, y]) => (y < height * 0.5 ? 1 : 0.5)),
    3,
  );
  const near = border.map(([x, y]) => at(rough.distance.data, y * width + x)).sort((a, b) => a - b);
  const agreeing = near.filter((value) => value < 7).length / near.length;
  if (agreeing < 0.72) return undefined;
  const noise = clamp(item(near, Math.floor(near.length * agreeing * 0.8)), 0.3, 6);
  const grid = [...gridPoints(width, height), ...border];
  const fine = robust(lab, grid, quartic, weightsOf(rough.distance, grid, 2.5 + 3 * noise), 1.5 + 1.5 * noise);
  // The wider fit must not have climbed onto the subject: where it left the border, the first one stands.
  const kept = border.filter(([x, y]) => at(fine.distance.data, y * width + x) < 7).length / border.length;
  const best = kept >= agreeing - 0.06 ? fine : rough;
  return { distance: best.distance, shadow: best.shadow(), noise };
};
