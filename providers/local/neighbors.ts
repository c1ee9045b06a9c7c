import { at, makePlane, type Plane, type Raster } from './raster.ts';

/** Votes over place and colour: pixels of one cell are near each other and look alike. */
type Sizes = readonly [number, number, number, number, number];

/** Cells: place as a share of the longest side, lightness and colour in units of Lab. */
const cell = { place: 1 / 14, light: 9, color: 8 } as const;
const colorReach = 64;

const bounded = (value: number, most: number): number => (value < 0 ? 0 : value > most ? most : value);

/** Where a pixel lies in the grid, one number per axis. */
const place = (lab: Raster, i: number, out: Float64Array): void => {
  const { width, height, data } = lab;
  const side = Math.max(width, height) * cell.place;
  const y = (i / width) | 0;
  out[0] = (i - y * width) / side;
  out[1] = y / side;
  out[2] = bounded(at(data, i * 3), 100) / cell.light;
  out[3] = bounded(at(data, i * 3 + 1) + colorReach, 2 * colorReach) / cell.color;
  out[4] = bounded(at(data, i * 3 + 2) + colorReach, 2 * colorReach) / cell.color;
};

const sizesOf = ({ width, height }: Raster): Sizes => {
  const side = Math.max(width, height) * cell.place;
  const colors = Math.ceil((2 * colorReach) / cell.color) + 2;
  return [Math.ceil(width / side) + 2, Math.ceil(height / side) + 2, Math.ceil(100 / cell.light) + 2, colors, colors];
};

/** Each cell's votes go to its neighbours along one axis too. */
const spread = (votes: Float32Array, sizes: Sizes, axis: number): Float32Array => {
  const step = sizes.slice(axis + 1).reduce((product, size) => product * size, 1);
  const line = step * (sizes[axis] as number);
  const out = new Float32Array(votes.length);
  for (let start = 0; start < votes.length; start += line) {
    const end = start + line;
    for (let k = start; k < end; k++) {
      const own = at(votes, k);
      if (own === 0) continue;
      out[k] = at(out, k) + own * 0.5;
      if (k - step >= start) out[k - step] = at(out, k - step) + own * 0.25;
      if (k + step < end) out[k + step] = at(out, k + step) + own * 0.25;
    }
  }
  return out;
};

/** Place spreads wider than colour. */
const axes = [2, 3, 4, 0, 1, 0, 1] as const;

/** A neighbourhood with fewer votes than this says less than a pixel's own `prior`. */
const few = 0.02;

/** Reads between the cells. */
const shareAt = (sizes: Sizes, own: Float32Array, other: Float32Array, p: Float64Array, prior: number): number => {
  let yes = few * prior;
  let no = few * (1 - prior);
  for (let corner = 0; corner < 32; corner++) {
    let weight = 1;
    let index = 0;
    for (let axis = 0; axis < 5; axis++) {
      const low = (p[axis] as number) | 0;
      const share = (p[axis] as number) - low;
      const up = (corner >> axis) & 1;
      weight *= up === 1 ? share : 1 - share;
      index = index * (sizes[axis] as number) + low + up;
    }
    if (weight === 0) continue;
    yes += weight * at(own, index);
    no += weight * at(other, index);
  }
  return yes / (yes + no);
};

/**
 * Who looks like this nearby: for each pixel the subject's share of the votes of like colour in its neighbourhood,
 * `prior` where nobody votes. A bilateral grid (Chen, Paris, Durand 2007, https://doi.org/10.1145/1276377.1276506) over place
 * and colour. A pixel's vote is positive for the subject, negative for the ground.
 */
export const neighbors = (lab: Raster, votes: Plane, prior: Plane): Plane => {
  const sizes = sizesOf(lab);
  const cells = sizes.reduce((product, size) => product * size, 1);
  let own = new Float32Array(cells);
  let other = new Float32Array(cells);
  const p = new Float64Array(5);
  // Every third pixel tells enough; the width is rarely a multiple of three, so that columns take turns.
  for (let i = 0; i < votes.data.length; i += 3) {
    const vote = at(votes.data, i);
    if (vote === 0) continue;
    place(lab, i, p);
    let index = 0;
    for (let axis = 0; axis < 5; axis++) index = index * (sizes[axis] as number) + Math.round(p[axis] as number);
    if (vote > 0) own[index] = at(own, index) + vote;
    else other[index] = at(other, index) - vote;
  }
  for (const axis of axes) {
    own = spread(own, sizes, axis) as Float32Array<ArrayBuffer>;
    other = spread(other, sizes, axis) as Float32Array<ArrayBuffer>;
  }
  const out = makePlane(lab.width, lab.height);
  for (let i = 0; i < out.data.length; i++) {
    place(lab, i, p);
    out.data[i] = shareAt(sizes, own, other, p, at(prior.data, i));
  }
  return out;
};
