import { at, type Plane } from './raster.ts';

/** A stretch of one row inside a mask; `right` is exclusive. */
export interface Run {
  readonly left: number;
  readonly right: number;
}

export const widthOf = (run: Run | undefined): number => (run === undefined ? 0 : run.right - run.left);
export const middleOf = (run: Run): number => (run.left + run.right) / 2;

/** All stretches of a row, from left to right; gaps of one or two pixels do not split. */
export const runsOf = (mask: Plane, y: number): readonly Run[] => {
  const row = Math.max(0, Math.min(mask.height - 1, Math.round(y))) * mask.width;
  const runs: { left: number; right: number }[] = [];
  for (let x = 0; x < mask.width; x++) {
    if (at(mask.data, row + x) <= 0.5) continue;
    const last = runs.at(-1);
    if (last !== undefined && x - last.right <= 2) last.right = x + 1;
    else runs.push({ left: x, right: x + 1 });
  }
  return runs;
};

/** The stretch that holds `x`, or the nearest one. */
export const runAt = (mask: Plane, y: number, x: number): Run | undefined => {
  const far = (run: Run): number => (x < run.left ? run.left - x : x > run.right ? x - run.right : 0);
  return runsOf(mask, y).toSorted((a, b) => far(a) - far(b))[0];
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
};

/** Whole numbers from `from` up to and without `to`. */
export const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, Math.ceil(to) - Math.floor(from)) }, (_, k) => Math.floor(from) + k);
