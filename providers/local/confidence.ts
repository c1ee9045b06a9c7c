import { at, type Plane, type Raster } from './raster.ts';

/** Pixels between which a change counts as an edge. */
const gap = 7;

/**
 * How much stronger colours change across the subject's edge than within the ground: about 1 for noise, walls and
 * patterns, where any edge is as good as another; 2.5 and more where something stands out.
 */
export const distinctness = (lab: Raster, mask: Plane): number => {
  const { width, data } = lab;
  const sums = { across: 0, within: 0 };
  const counts = { across: 0, within: 0 };
  for (let i = 0; i + gap < mask.data.length; i++) {
    if ((i % width) + gap >= width) continue;
    const [from, to] = [i * 3, (i + gap) * 3];
    const middle = i + (gap >> 1);
    const edge = at(mask.data, middle) !== at(mask.data, middle + 1);
    if (!edge && (i % 5 !== 0 || at(mask.data, i) > 0.5 || at(mask.data, i + gap) > 0.5)) continue;
    const kind = edge ? 'across' : 'within';
    counts[kind]++;
    sums[kind] += Math.hypot(
      at(data, from) - at(data, to),
      at(data, from + 1) - at(data, to + 1),
      at(data, from + 2) - at(data, to + 2),
    );
  }
  if (counts.across === 0) return 0;
  return sums.across / counts.across / Math.max(0.3, sums.within / Math.max(1, counts.within));
};

/** The share of pixels about which the mask and the votes of their neighbours agree. */
export const agreement = (mask: Plane, votes: Plane): number => {
  let count = 0;
  for (let i = 0; i < mask.data.length; i++) if (at(votes.data, i) > 0.5 === at(mask.data, i) > 0.5) count++;
  return count / mask.data.length;
};

/** The share of each border that the mask touches; the smallest of the four. */
export const surrounds = ({ width, height, data }: Plane): number => {
  const share = (length: number, index: (k: number) => number): number => {
    let count = 0;
    for (let k = 0; k < length; k++) if (at(data, index(k)) > 0.5) count++;
    return count / length;
  };
  return Math.min(
    share(width, (x) => x),
    share(width, (x) => (height - 1) * width + x),
    share(height, (y) => y * width),
    share(height, (y) => y * width + width - 1),
  );
};
