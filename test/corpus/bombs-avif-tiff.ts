/** AVIF, HEIC and TIFF that would take gigabytes or minutes to decode: by size, tiles, strips and pages. */
import { each, type Size, tooLarge } from './bomb-sizes.ts';
import { findBox, heifOf, properties, uint16 } from './boxes.ts';
import { drawn } from './colours.ts';
import { heicGrid, heicOfSize } from './heic.ts';
import { specimen } from './specimen.ts';
import { type TiffPicture, tiffOf, tiffPicture } from './tiff.ts';

const avifOf = async ([width, height]: Size): Promise<Buffer> => {
  const avif = await drawn().avif({ effort: 0 }).toBuffer();
  const settings = findBox(avif, 'av1C') ?? Buffer.alloc(0);
  const coded = (findBox(avif, 'mdat') ?? Buffer.alloc(8)).subarray(8);
  const item = { type: 'av01', data: coded, properties: [settings, properties.size(width, height)] };
  return heifOf({ brand: 'avif', items: [item] });
};
const avifGrid = async ([width, height]: Size): Promise<Buffer> => {
  const tile = await avifOf([width / 2, height / 2]);
  const settings = findBox(tile, 'av1C') ?? Buffer.alloc(0);
  const coded = (findBox(tile, 'mdat') ?? Buffer.alloc(8)).subarray(8);
  const part = {
    type: 'av01',
    data: coded,
    properties: [settings, properties.size(width / 2, height / 2)],
    hidden: true,
  };
  return heifOf({
    brand: 'avif',
    items: [
      {
        type: 'grid',
        data: Buffer.concat([Buffer.from([0, 0, 1, 1]), uint16(width), uint16(height)]),
        properties: [properties.size(width, height)],
        references: [{ type: 'dimg', to: [2, 3, 4, 5] }],
      },
      ...Array.from({ length: 4 }, () => part),
    ],
  });
};
export const avifBombs = [
  ...each('AVIF', [...tooLarge, [4_294_967_295, 4_294_967_295], [100_000, 100_000]], avifOf),
  ...each(
    'AVIF of tiles',
    [
      [64_000, 64_000],
      [16_000, 16_000],
      [10_000, 6000],
    ],
    avifGrid,
  ),
  ...each('HEIC', [...tooLarge, [4_294_967_295, 4_294_967_295]], ([width, height]) => heicOfSize(width, height)),
  specimen('HEIC of tiles', () => heicGrid({ columns: 30, rows: 30, width: 16_000, height: 16_000 })),
];

const row = Buffer.alloc(1000);
const tiff =
  (more: Omit<TiffPicture, 'width' | 'height' | 'pieces'>) =>
  ([width, height]: Size) =>
    tiffOf([tiffPicture({ width, height, pieces: [row], ...more })]);
const grey = { bits: [8], photometric: 1 };
export const tiffBombs = [
  ...each('TIFF', [...tooLarge, [4_294_967_295, 4_294_967_295], [2_147_483_647, 1]], tiff(grey)),
  ...each('TIFF of one row a strip', tooLarge, tiff({ ...grey, rowsPerStrip: 1 })),
  ...each('TIFF of tiles', tooLarge, tiff({ ...grey, tile: [16, 16] })),
  ...each('TIFF of 16 bits with alpha', tooLarge, tiff({ bits: [16, 16, 16, 16], photometric: 2 })),
  ...[1001, 10_000, 60_000].map((pages) =>
    specimen(`TIFF of ${pages} pages`, () =>
      tiffOf(Array(pages).fill(tiffPicture({ width: 16, height: 16, ...grey, pieces: [Buffer.alloc(256)] }))),
    ),
  ),
];
