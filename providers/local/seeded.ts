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

/** Smooth noise on a lattice, 0 to 1, without a visible grid at a few octaves. */
export const noise2 = (seed: number): ((x: number, y: number) => number) => {
  const next = seeded(seed);
  const size = 256;
  const table = Float32Array.from({ length: size * size }, next);
  const value = (x: number, y: number): number => table[(y & 255) * size + (x & 255)] as number;
  return (x, y) => {
    const left = Math.floor(x);
    const top = Math.floor(y);
    const fx = x - left;
    const fy = y - top;
    const u = fx * fx * (3 - 2 * fx);
    const v = fy * fy * (3 - 2 * fy);
    const upper = value(left, top) * (1 - u) + value(left + 1, top) * u;
    const lower = value(left, top + 1) * (1 - u) + value(left + 1, top + 1) * u;
    return upper * (1 - v) + lower * v;
  };
};

/** Several octaves, each half as strong; about 0 to 1 with a mean of a half. */
export const clouds = (seed: number, octaves: number): ((x: number, y: number) => number) => {
  const layers = Array.from({ length: octaves }, (_, k) => noise2(seed + k * 101));
  const total = 2 - 2 ** (1 - octaves);
  return (x, y) => layers.reduce((sum, layer, k) => sum + layer(x * 2 ** k, y * 2 ** k) / 2 ** k, 0) / total;
};
