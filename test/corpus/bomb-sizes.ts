/** Sizes that are refused, whatever the format. */
import { type Specimen, specimen } from './specimen.ts';

export type Size = readonly [width: number, height: number];

export const tooLarge: readonly Size[] = [
  [65_535, 65_535],
  [60_000, 1000],
  [1, 16_385],
  [16_385, 1],
  [16_384, 16_384],
  [16_000, 3126],
  [7072, 7072],
];
const times = (size: Size): string => `${size[0]} x ${size[1]}`;
export const each = (
  name: string,
  sizes: readonly Size[],
  make: (size: Size) => ReturnType<Specimen['make']>,
): Specimen[] => sizes.map((size) => specimen(`${name} of ${times(size)}`, () => make(size)));
