/** Right pictures as PNG: every depth, colour type, transparency, order of rows, and profile. */
import { deflateSync } from 'node:zlib';
import { type ColourSpecimen, drawn, greys, quarterAt, quartersOf, samplesOf, shown, size } from './colours.ts';
import { type PngHeader, pngChunk, pngChunksOf, pngOf, pngRows } from './png.ts';

const palette = pngChunk('PLTE', Buffer.from(quartersOf.flat()));
const transparency = (...values: number[]): Buffer => pngChunk('tRNS', Buffer.from(values));

const indexed = (bits: 1 | 2 | 4 | 8, ...before: Buffer[]): Buffer =>
  pngOf({ ...size, bits, colours: 'palette' }, before, pngRows(size.width, size.height, bits, quarterAt));

const grey = (bits: 1 | 2 | 4 | 8, values: readonly number[], ...before: Buffer[]): Buffer =>
  pngOf(
    { ...size, bits, colours: 'grey' },
    before,
    pngRows(size.width, size.height, bits, (x, y) => values[quarterAt(x, y)] ?? 0),
  );

const wholeBytes = (
  colours: PngHeader['colours'] & string,
  perQuarter: readonly (readonly number[])[],
  bits: 8 | 16,
  ...before: Buffer[]
): Buffer => {
  const rows = samplesOf(perQuarter, bits === 16 ? 2 : 1);
  const stride = rows.byteLength / size.height;
  const filtered = Array.from({ length: size.height }, (_, y) =>
    Buffer.concat([Buffer.from([0]), rows.subarray(y * stride, (y + 1) * stride)]),
  );
  return pngOf({ ...size, bits, colours }, before, deflateSync(Buffer.concat(filtered)));
};

const blackAndWhite = [0, 1, 1, 0].map((value) => [value * 255, value * 255, value * 255]);
const withAlpha = (values: readonly number[]) => quartersOf.map((colour, index) => [...colour, values[index] ?? 255]);
const greyWithAlpha = (values: readonly number[]) =>
  greys.map((colour, index) => [colour[0] ?? 0, values[index] ?? 255]);
const half = [255, 128, 64, 255];

/** A second picture of other colours, in an animation's own chunks; the first is what other readers show. */
const animated = async (hidesFirst: boolean): Promise<Buffer> => {
  const picture = await drawn().png().toBuffer();
  const negative = await drawn().negate().png().toBuffer();
  const idat = (png: Buffer) => [...pngChunksOf(png)].filter(({ name }) => name === 'IDAT').map(({ data }) => data);
  const number = (value: number): Buffer => Buffer.from([0, 0, 0, value]);
  const frame = (sequence: number) =>
    pngChunk(
      'fcTL',
      Buffer.concat([
        number(sequence),
        number(size.width),
        number(size.height),
        Buffer.alloc(8),
        Buffer.from([0, 1, 0, 10, 0, 0]),
      ]),
    );
  const first = hidesFirst ? [] : [frame(0)];
  const sequence = first.length;
  return Buffer.concat([
    pngOf(
      { ...size },
      [pngChunk('acTL', Buffer.concat([number(sequence + 1), number(0)])), ...first],
      Buffer.concat(idat(picture)),
    ).subarray(0, -12),
    frame(sequence),
    pngChunk('fdAT', Buffer.concat([number(sequence + 1), ...idat(negative)])),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
};

export const pngColourForms: readonly ColourSpecimen[] = [
  shown('PNG', () => drawn().png().toBuffer()),
  shown('PNG of 16 bits', () => wholeBytes('rgb', quartersOf, 16), { tolerance: 1 }),
  shown('PNG of 16 bits with alpha', () => wholeBytes('rgba', withAlpha(half), 16), { alpha: half }),
  shown('PNG with alpha', () => wholeBytes('rgba', withAlpha(half), 8), { alpha: half, tolerance: 1 }),
  shown(
    'PNG with one colour as transparent',
    () => wholeBytes('rgb', quartersOf, 8, transparency(0, 30, 0, 180, 0, 40)),
    {
      alpha: [255, 0, 255, 255],
    },
  ),
  shown('PNG of 2 bits with a palette', () => indexed(2, palette), { tolerance: 0 }),
  shown('PNG of 4 bits with a palette', () => indexed(4, palette), { tolerance: 0 }),
  shown('PNG of 8 bits with a palette', () => indexed(8, palette), { tolerance: 0 }),
  shown(
    'PNG of 1 bit with a palette',
    () =>
      pngOf(
        { ...size, bits: 1, colours: 'palette' },
        [pngChunk('PLTE', Buffer.from([...quartersOf[0], ...quartersOf[1]]))],
        pngRows(size.width, size.height, 1, (x, y) => quarterAt(x, y) % 2),
      ),
    { expected: [quartersOf[0], quartersOf[1], quartersOf[0], quartersOf[1]], tolerance: 0 },
  ),
  shown('PNG with a palette, one colour transparent', () => indexed(2, palette, transparency(255, 0)), {
    alpha: [255, 0, 255, 255],
  }),
  shown('PNG with a palette, colours half transparent', () => indexed(4, palette, transparency(...half)), {
    alpha: half,
  }),
  shown('PNG of 1 bit grey', () => grey(1, [0, 1, 1, 0]), { expected: blackAndWhite, tolerance: 0 }),
  shown('PNG of 2 bits grey', () => grey(2, [0, 1, 2, 3]), { expected: greys, tolerance: 0 }),
  shown('PNG of 4 bits grey', () => grey(4, [0, 5, 10, 15]), { expected: greys, tolerance: 0 }),
  shown('PNG of 8 bits grey', () => grey(8, [0, 85, 170, 255]), { expected: greys, tolerance: 0 }),
  shown(
    'PNG of 16 bits grey',
    () =>
      wholeBytes(
        'grey',
        greys.map(([value = 0]) => [value]),
        16,
      ),
    { expected: greys, tolerance: 1 },
  ),
  shown('PNG of 8 bits grey with one grey as transparent', () => grey(8, [0, 85, 170, 255], transparency(0, 85)), {
    expected: greys,
    alpha: [255, 0, 255, 255],
  }),
  shown('PNG of 8 bits grey with alpha', () => wholeBytes('greyAlpha', greyWithAlpha(half), 8), {
    expected: greys,
    alpha: half,
    tolerance: 1,
  }),
  shown('PNG of 16 bits grey with alpha', () => wholeBytes('greyAlpha', greyWithAlpha(half), 16), {
    expected: greys,
    alpha: half,
    tolerance: 1,
  }),
  shown('PNG of interlaced rows', () => drawn().png({ progressive: true }).toBuffer(), { tolerance: 0 }),
  shown('PNG of interlaced rows of 16 bits', () =>
    drawn().toColourspace('rgb16').png({ progressive: true }).toBuffer(),
  ),
  shown('PNG of interlaced rows with a palette', () =>
    drawn().png({ progressive: true, palette: true, colours: 4 }).toBuffer(),
  ),
  shown('PNG that says sRGB', () => wholeBytes('rgb', quartersOf, 8, pngChunk('sRGB', Buffer.from([0])))),
  shown('PNG in Display P3', () => drawn().withIccProfile('p3').png().toBuffer()),
  shown('PNG of 16 bits in Display P3', () => drawn().toColourspace('rgb16').withIccProfile('p3').png().toBuffer()),
  shown('PNG of 16 bits in sRGB', () => drawn().toColourspace('rgb16').withIccProfile('srgb').png().toBuffer()),
  shown('PNG that moves', () => animated(false), { tolerance: 0 }),
  shown('PNG that moves, the first picture not part of it', () => animated(true), { tolerance: 0 }),
];
