/** Small files that would take gigabytes or minutes to decode. All of them are refused by their headers. */
import { avifBombs, tiffBombs } from './bombs-avif-tiff.ts';
import { gifBombs, webpBombs } from './bombs-gif-webp.ts';
import { jpegBombs, pngBombs } from './bombs-png-jpeg.ts';
import type { Specimen } from './specimen.ts';

export const bombs: readonly Specimen[] = [
  ...pngBombs,
  ...jpegBombs,
  ...gifBombs,
  ...webpBombs,
  ...avifBombs,
  ...tiffBombs,
];
