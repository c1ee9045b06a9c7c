/** Right pictures as TIFF: byte orders, strips and tiles, depths, colour models, compressions, pages. */
import { type ColourSpecimen, drawn, greys, quarterAt, quartersOf, samplesOf, shown, size } from './colours.ts';
import { inkTiff, printed } from './colours-jpeg.ts';
import { adobeRgb, inAdobeRgb } from './icc.ts';
import { type TiffPicture, tiffOf, tiffPicture } from './tiff.ts';

const eights = (count: number): number[] => Array(count).fill(8);
const sixteens = (count: number): number[] => Array(count).fill(16);
const both = [
  ['little-endian', false],
  ['big-endian', true],
] as const;

/** Cuts rows of so many bytes into strips. */
const strips = (rows: Buffer, rowsPerStrip: number): Buffer[] => {
  const stride = rows.byteLength / size.height;
  return Array.from({ length: Math.ceil(size.height / rowsPerStrip) }, (_, index) =>
    rows.subarray(index * rowsPerStrip * stride, (index + 1) * rowsPerStrip * stride),
  );
};

/** Tiles of 16 x 16 out of interleaved samples of one byte. */
const tiles = (rows: Buffer, channels: number): Buffer[] => {
  const found: Buffer[] = [];
  for (let top = 0; top < size.height; top += 16) {
    for (let left = 0; left < size.width; left += 16) {
      const lines = Array.from({ length: 16 }, (_, line) => {
        const at = ((top + line) * size.width + left) * channels;
        return rows.subarray(at, at + 16 * channels);
      });
      found.push(Buffer.concat(lines));
    }
  }
  return found;
};

/** Samples of one, two or four bits. */
const packed = (bits: 1 | 2 | 4, values: readonly number[]): Buffer => {
  const stride = (size.width * bits) / 8;
  const rows = Buffer.alloc(stride * size.height);
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) {
      const at = y * stride + ((x * bits) >> 3);
      rows[at] = (rows[at] ?? 0) | ((values[quarterAt(x, y)] ?? 0) << (8 - bits - ((x * bits) & 7)));
    }
  }
  return rows;
};

const colour = samplesOf(quartersOf, 1);
const single = (picture: Omit<TiffPicture, 'width' | 'height'>, big = false): Buffer =>
  tiffOf([tiffPicture({ ...size, ...picture })], { big });
const greyOf = (bits: readonly number[], photometric: number, pieces: Buffer[], big = false): Buffer =>
  single({ bits, photometric, pieces }, big);
const half = [255, 128, 64, 255];
const withAlpha = samplesOf(
  quartersOf.map((values, index) => [...values, half[index] ?? 255]),
  1,
);
const planes = [0, 1, 2].map((channel) =>
  samplesOf(
    quartersOf.map((values) => [values[channel] ?? 0]),
    1,
  ),
);
const table = [0, 1, 2].flatMap((channel) =>
  Array.from({ length: 16 }, (_, index) => (quartersOf[index % 4]?.[channel] ?? 0) * 257),
);
const blackAndWhite = [0, 255, 255, 0].map((value) => [value, value, value]);

export const tiffColourForms: readonly ColourSpecimen[] = [
  ...both.flatMap(([name, big]) => [
    shown(`TIFF, ${name}`, () => single({ bits: eights(3), photometric: 2, pieces: [colour] }, big), { tolerance: 0 }),
    shown(
      `TIFF of 16 bits, ${name}`,
      () => single({ bits: sixteens(3), photometric: 2, pieces: [samplesOf(quartersOf, 2, big)] }, big),
      { tolerance: 1 },
    ),
    shown(
      `TIFF of 16 bits grey, ${name}`,
      () =>
        greyOf(
          [16],
          1,
          [
            samplesOf(
              greys.map(([value = 0]) => [value]),
              2,
              big,
            ),
          ],
          big,
        ),
      { expected: greys, tolerance: 1 },
    ),
    shown(`TIFF of inks, ${name}`, () => inkTiff(big), printed),
  ]),
  shown('TIFF of one row a strip', () =>
    single({ bits: eights(3), photometric: 2, rowsPerStrip: 1, pieces: strips(colour, 1) }),
  ),
  shown('TIFF of seven rows a strip', () =>
    single({ bits: eights(3), photometric: 2, rowsPerStrip: 7, pieces: strips(colour, 7) }),
  ),
  shown('TIFF of tiles', () => single({ bits: eights(3), photometric: 2, tile: [16, 16], pieces: tiles(colour, 3) })),
  shown('TIFF with a plane for each colour', () =>
    single({ bits: eights(3), photometric: 2, pieces: planes, more: [{ tag: 284, type: 'short', values: [2] }] }),
  ),
  shown(
    'TIFF with alpha',
    () =>
      single({
        bits: eights(4),
        photometric: 2,
        pieces: [withAlpha],
        more: [{ tag: 338, type: 'short', values: [2] }],
      }),
    { alpha: half, tolerance: 1 },
  ),
  shown('TIFF of 4 bits with a palette', () =>
    single({
      bits: [4],
      photometric: 3,
      pieces: [packed(4, [0, 1, 2, 3])],
      more: [{ tag: 320, type: 'short', values: table }],
    }),
  ),
  shown('TIFF of 1 bit, black is zero', () => greyOf([1], 1, [packed(1, [0, 1, 1, 0])]), { expected: blackAndWhite }),
  shown('TIFF of 1 bit, white is zero', () => greyOf([1], 0, [packed(1, [1, 0, 0, 1])]), { expected: blackAndWhite }),
  shown('TIFF of 2 bits grey', () => greyOf([2], 1, [packed(2, [0, 1, 2, 3])]), { expected: greys, tolerance: 1 }),
  shown('TIFF of 4 bits grey', () => greyOf([4], 1, [packed(4, [0, 5, 10, 15])]), { expected: greys, tolerance: 1 }),
  shown(
    'TIFF of 8 bits grey',
    () =>
      greyOf([8], 1, [
        samplesOf(
          greys.map(([value = 0]) => [value]),
          1,
        ),
      ]),
    {
      expected: greys,
    },
  ),
  shown(
    'TIFF of 8 bits grey, white is zero',
    () =>
      greyOf([8], 0, [
        samplesOf(
          greys.map(([value = 0]) => [255 - value]),
          1,
        ),
      ]),
    {
      expected: greys,
    },
  ),
  shown('TIFF in Adobe RGB', () =>
    single({
      bits: eights(3),
      photometric: 2,
      pieces: [samplesOf(quartersOf.map(inAdobeRgb), 1)],
      more: [{ tag: 34_675, type: 'undefined', values: adobeRgb() }],
    }),
  ),
  shown('TIFF of two pages', () => {
    const page = (pieces: Buffer[]) => tiffPicture({ ...size, bits: eights(3), photometric: 2, pieces });
    return tiffOf([page([colour]), page([Buffer.from(colour.map((value) => 255 - value))])]);
  }),
  ...(['lzw', 'deflate', 'packbits', 'jpeg', 'webp'] as const).map((compression) =>
    shown(`TIFF packed by ${compression}`, () => drawn().tiff({ compression, quality: 95 }).toBuffer()),
  ),
  shown(
    'TIFF packed by fax',
    () =>
      drawn()
        .greyscale()
        .threshold(120)
        .toColourspace('b-w')
        .tiff({ compression: 'ccittfax4', bitdepth: 1 })
        .toBuffer(),
    { expected: [0, 255, 0, 255].map((value) => [value, value, value]) },
  ),
  shown('TIFF of tiles in smaller sizes too', () =>
    drawn().tiff({ tile: true, pyramid: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
  ),
  shown('TIFF for more than 4 GB', () => drawn().tiff({ bigtiff: true, compression: 'deflate' }).toBuffer()),
  shown('TIFF of 16 bits in Display P3', () =>
    drawn().toColourspace('rgb16').withIccProfile('p3').tiff({ compression: 'deflate' }).toBuffer(),
  ),
];
