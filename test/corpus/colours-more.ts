/** Right pictures as GIF, WebP, AVIF and HEIC, still and moving. */

import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { quarters } from '../images/pictures.ts';
import { findBox, heifOf, properties } from './boxes.ts';
import { type ColourSpecimen, drawn, quarterAt, quartersOf, samplesOf, shown, size } from './colours.ts';
import { flatJpeg } from './flat-jpeg.ts';
import { gifComment, gifFrame, gifOf } from './gif.ts';
import { heicGrid, heicQuarters, heicTenBits, heicWith } from './heic.ts';
import { adobeRgb, inAdobeRgb } from './icc.ts';
import { jpegSegment } from './jpeg.ts';
import { pngChunk, pngChunksOf, pngOf } from './png.ts';
import { riffChunk, riffOf, vp8x, webpChunksOf, webpFlags } from './riff.ts';
import { type Specimen, specimen } from './specimen.ts';

const canvas = { ...size, palette: quartersOf };
const whole = { ...size, indexAt: quarterAt };
/** All but the upper left quarter is left out. */
const lower = { left: 0, top: size.height / 2, width: size.width, height: size.height / 2 };
const lowerFrame = { ...lower, indexAt: (x: number, y: number) => quarterAt(x, y + lower.top) };
const other = gifFrame({ ...size, indexAt: () => 0 });

export const gifColourForms: readonly ColourSpecimen[] = [
  shown('GIF', () => gifOf(canvas, [gifFrame(whole)]), { tolerance: 0 }),
  shown('GIF of interlaced rows', () => gifOf(canvas, [gifFrame({ ...whole, interlaced: true })]), { tolerance: 0 }),
  shown('GIF with comments', () => gifOf(canvas, [gifComment('hello'), gifFrame(whole), gifComment('goodbye')])),
  shown('GIF with a transparent colour', () => gifOf(canvas, [gifFrame({ ...whole, transparent: 2 })]), {
    alpha: [255, 255, 0, 255],
  }),
  shown(
    'GIF whose first frame covers a part, the rest transparent',
    () => gifOf(canvas, [gifFrame({ ...lowerFrame, transparent: 0 })]),
    { alpha: [0, 0, 255, 255] },
  ),
  // Without a transparent colour, the reader has no alpha to say so: black, as in many programs.
  shown('GIF whose first frame covers a part', () => gifOf(canvas, [gifFrame(lowerFrame)]), {
    expected: [[0, 0, 0], [0, 0, 0], quartersOf[2], quartersOf[3]],
  }),
  shown('GIF that moves', () => gifOf(canvas, [gifFrame(whole), other, other]), { tolerance: 0 }),
  shown('GIF that moves, from a part', () => gifOf(canvas, [gifFrame({ ...lowerFrame, transparent: 0 }), other]), {
    alpha: [0, 0, 255, 255],
  }),
  shown('GIF of a thousand frames', () =>
    gifOf(canvas, [gifFrame(whole), ...Array.from({ length: 999 }, () => other)]),
  ),
  shown('GIF of many colours', () => drawn().gif().toBuffer()),
];

const moving = (format: 'webp' | 'gif'): Promise<Buffer> => {
  const { pixels } = quarters(size.width, size.height);
  const both = Buffer.concat([pixels, pixels.map((value) => 255 - value)]);
  return sharp(both, { raw: { width: size.width, height: size.height * 2, channels: 3, pageHeight: size.height } })
    .toFormat(format, { lossless: true, delay: [100, 100] } as object)
    .toBuffer();
};

const webpWithProfile = async (): Promise<Buffer> => {
  const pixels = samplesOf(quartersOf.map(inAdobeRgb), 1);
  const plain = await sharp(pixels, { raw: { ...size, channels: 3 } })
    .webp({ lossless: true })
    .toBuffer();
  const coded = [...webpChunksOf(plain)].filter(({ name }) => name === 'VP8L').map((chunk) => chunk.whole);
  return riffOf('WEBP', [vp8x(webpFlags.icc, size.width, size.height), riffChunk('ICCP', adobeRgb()), ...coded]);
};

export const webpColourForms: readonly ColourSpecimen[] = [
  shown('WebP', () => drawn().webp({ quality: 95 }).toBuffer()),
  shown('WebP without loss', () => drawn().webp({ lossless: true }).toBuffer(), { tolerance: 0 }),
  shown('WebP near lossless', () => drawn().webp({ nearLossless: true }).toBuffer()),
  shown('WebP with alpha', () => drawn().ensureAlpha(0.5).webp({ quality: 95 }).toBuffer(), {
    alpha: [127, 127, 127, 127],
  }),
  shown('WebP without loss with alpha', () => drawn().ensureAlpha(0.5).webp({ lossless: true }).toBuffer(), {
    alpha: [127, 127, 127, 127],
  }),
  shown('WebP in Adobe RGB', webpWithProfile),
  shown('WebP in Display P3', () => drawn().withIccProfile('p3').webp({ quality: 95 }).toBuffer()),
  shown('WebP that moves', () => moving('webp')),
  shown('GIF that moves, of many colours', () => moving('gif')),
];

const avif = { quality: 90, effort: 0 };
export const avifColourForms: readonly ColourSpecimen[] = [
  shown('AVIF', () => drawn().avif(avif).toBuffer()),
  shown('AVIF of 10 bits', () =>
    drawn()
      .avif({ ...avif, bitdepth: 10 })
      .toBuffer(),
  ),
  shown('AVIF of 12 bits', () =>
    drawn()
      .avif({ ...avif, bitdepth: 12 })
      .toBuffer(),
  ),
  shown('AVIF of less colour resolution', () =>
    drawn()
      .avif({ ...avif, chromaSubsampling: '4:2:0' })
      .toBuffer(),
  ),
  shown('AVIF without loss', () => drawn().avif({ effort: 0, lossless: true }).toBuffer(), { tolerance: 2 }),
  shown('AVIF with alpha', () => drawn().ensureAlpha(0.5).avif(avif).toBuffer(), { alpha: [127, 127, 127, 127] }),
  shown('AVIF in Display P3', () => drawn().withIccProfile('p3').avif(avif).toBuffer()),
];

const p3 = async (): Promise<Buffer> => {
  const { icc = Buffer.alloc(0) } = await sharp(await drawn().withIccProfile('p3').png().toBuffer()).metadata();
  return properties.profile(icc);
};
/** The numbers that were coded, taken as Display P3: stronger colours than sRGB has, cut off at its edge. */
const strong = [
  [240, 0, 1],
  [0, 183, 0],
  [26, 40, 219],
  [232, 219, 0],
];

/** AVIF and PNG say it by the same numbers. */
const numberedAvif = async (...numbers: readonly [number, number, number]): Promise<Buffer> => {
  const plain = await drawn().avif(avif).toBuffer();
  const [settings, coded] = [findBox(plain, 'av1C'), findBox(plain, 'mdat')];
  if (settings === null || coded === null) throw new Error('an AVIF of another make');
  const told = [settings, properties.size(size.width, size.height), properties.colours(...numbers)];
  return heifOf({ brand: 'avif', items: [{ type: 'av01', data: coded.subarray(8), properties: told }] });
};
const numberedPng = async (primaries: number, curve: number, ...more: Buffer[]): Promise<Buffer> => {
  const plain = await drawn().png().toBuffer();
  const chunk = pngChunk('cICP', Buffer.from([primaries, curve, 0, 1]));
  return Buffer.concat([plain.subarray(0, 33), chunk, ...more, plain.subarray(33)]);
};
const inP3 = { expected: strong, tolerance: 10 };

export const numberedColourForms: readonly ColourSpecimen[] = [
  shown('AVIF in sRGB by number', () => numberedAvif(1, 13, 6)),
  shown('AVIF in Display P3 by number', () => numberedAvif(12, 13, 6), inP3),
  shown('PNG in sRGB by number', () => numberedPng(1, 13), { tolerance: 0 }),
  shown('PNG in Display P3 by number', () => numberedPng(12, 13), inP3),
  shown(
    'PNG in Display P3 by number, and in sRGB too',
    () => numberedPng(12, 13, pngChunk('sRGB', Buffer.from([0]))),
    inP3,
  ),
];

/** Meant for brighter screens: on others they come out grey. */
export const hdrForms: readonly Specimen[] = [
  specimen('AVIF of HDR', () => numberedAvif(9, 16, 9)),
  specimen('AVIF of HLG', () => numberedAvif(9, 18, 9)),
  specimen('PNG of HDR', () => numberedPng(9, 16)),
  specimen('PNG of HLG', () => numberedPng(12, 18)),
  specimen('HEIC of HDR', () => heicWith(properties.colours(9, 16, 9))),
];

export const heicColourForms: readonly ColourSpecimen[] = [
  shown('HEIC', heicQuarters),
  shown('HEIC of 10 bits', heicTenBits),
  shown('HEIC of one tile', () => heicGrid({ columns: 1, rows: 1, width: 128, height: 64 })),
  shown('HEIC in Display P3 by profile', async () => heicWith(await p3()), { expected: strong, tolerance: 10 }),
  shown('HEIC in Display P3 by number', () => heicWith(properties.colours(12, 13, 6)), {
    expected: strong,
    tolerance: 10,
  }),
];

const adobeJpeg = (): Buffer =>
  flatJpeg({
    ...size,
    colourAt: (column, row) => inAdobeRgb(quartersOf[quarterAt(column * 8, row * 8)] ?? []),
    segments: [
      jpegSegment(0xee, Buffer.from('Adobe\0\x64\0\0\0\0\0', 'latin1')),
      jpegSegment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), adobeRgb()])),
    ],
  });

const adobePng = async (): Promise<Buffer> => {
  const pixels = samplesOf(quartersOf.map(inAdobeRgb), 1);
  const plain = await sharp(pixels, { raw: { ...size, channels: 3 } })
    .png()
    .toBuffer();
  const coded = [...pngChunksOf(plain)].filter(({ name }) => name === 'IDAT').map(({ data }) => data);
  const profile = pngChunk('iCCP', Buffer.concat([Buffer.from('a\0\0', 'latin1'), deflateSync(adobeRgb())]));
  return pngOf(size, [profile], Buffer.concat(coded));
};

export const adobeColourForms: readonly ColourSpecimen[] = [
  shown('JPEG in Adobe RGB', adobeJpeg, { tolerance: 4 }),
  shown('PNG in Adobe RGB', adobePng, { tolerance: 4 }),
];
