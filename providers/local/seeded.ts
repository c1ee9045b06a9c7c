/** Equal numbers for an equal seed (mulberry32), between 0 and 1. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** A number between 0 and 1 for a place in the plane. */
export type Noise = (x: number, y: number) => number;

const lattice = (seed: number): Float32Array => Float32Array.from({ length: 128 * 128 }, seeded(seed));

const smooth = (table: Float32Array, x: number, y: number): number => {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const fx = x - left;
  const fy = y - top;
  const u = fx * fx * (3 - 2 * fx);
  const v = fy * fy * (3 - 2 * fy);
  const a = left & 127;
  const b = (left + 1) & 127;
  const upper = (top & 127) << 7;
  const lower = ((top + 1) & 127) << 7;
  const above = (table[upper + a] as number) * (1 - u) + (table[upper + b] as number) * u;
  const below = (table[lower + a] as number) * (1 - u) + (table[lower + b] as number) * u;
  return above * (1 - v) + below * v;
};

/** Smooth noise on a lattice, 0 to 1, without a visible grid at a few octaves. */
export const noise2 = (seed: number): Noise => {
  const table = lattice(seed);
  return (x, y) => smooth(table, x, y);
};

/** Several octaves, each half as strong; about 0 to 1 with a mean of a half. */
export const clouds = (seed: number, octaves: number): Noise => {
  const table = lattice(seed);
  const total = 2 - 2 ** (1 - octaves);
  return (x, y) => {
    let sum = 0;
    let u = x;
    let v = y;
    for (let k = 0, share = 1; k < octaves; k++, share /= 2) {
      sum += share * smooth(table, u, v);
      u = u * 2 + 37.3;
      v = v * 2 + 61.7;
    }
    return sum / total;
  };
};
