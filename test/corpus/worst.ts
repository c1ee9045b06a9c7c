/**
 * Pictures just under every limit that take as long and as much memory to decode as can be had for their kind: of full
 * size, in a profile that is not sRGB, and to be turned.
 */
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { noise } from '../images/pictures.ts';
import { drawn } from './colours.ts';
import { flatJpeg } from './flat-jpeg.ts';
import { gifFrame, gifOf } from './gif.ts';
import { heicGrid } from './heic.ts';
import { jpegSegment } from './jpeg.ts';
import { pngChunk } from './png.ts';
import { type Specimen, specimen } from './specimen.ts';
import { tiffOf, tiffPicture } from './tiff.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}
/** Just below 50 million pixels. */
const square: Size = { width: 7070, height: 7070 };
const wide: Size = { width: 16_000, height: 3120 };
/** AVIF's 20 million. */
const avifSize: Size = { width: 4470, height: 4470 };

/** Noise over and over: it packs badly, and is made in no time. */
const noisy = ({ width, height }: Size, side = 256): Sharp =>
  sharp(noise(side, side).pixels, { raw: { width: side, height: side, channels: 3 }, limitInputPixels: false }).extend({
    right: width - side,
    bottom: height - side,
    extendWith: 'repeat',
  });
/** One colour, in few bytes. */
const empty = ({ width, height }: Size, channels: 3 | 4 = 3): Sharp => {
  const background = { r: 120, g: 130, b: 140, alpha: 0.5 };
  return sharp({ create: { width, height, channels, background }, limitInputPixels: false });
};
const foreign = (pixels: Sharp, orientation: number): Sharp =>
  pixels.withIccProfile('p3').withMetadata({ icc: 'p3', orientation });

const made = (name: string, make: () => Sharp): Specimen => specimen(name, () => make().toBuffer());
const exifOf = (orientation: number): Buffer =>
  tiffOf([{ fields: [{ tag: 274, type: 'short', values: [orientation] }] }]);

/** Four inks, which take the longest way to sRGB. */
const inkJpeg = (size: Size, orientation: number): Buffer =>
  flatJpeg({
    ...size,
    colourAt: (column, row) => [column & 255, row & 255, (column + row) & 255, (column * row) & 127],
    segments: [jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exifOf(orientation)]))],
  });

const jpegs = [
  specimen('JPEG of inks', () => inkJpeg(wide, 1)),
  specimen('JPEG of inks to be turned', () => inkJpeg(square, 6)),
  made('JPEG', () => noisy(wide).jpeg({ quality: 90 })),
  made('JPEG in ten scans', () => noisy(wide).jpeg({ quality: 80, progressive: true })),
  made('JPEG in P3 to be turned', () => foreign(noisy(square), 5).jpeg({ quality: 85 })),
  made('JPEG in ten scans, in P3, to be turned', () =>
    foreign(noisy(square), 7).jpeg({ quality: 80, progressive: true }),
  ),
  made('JPEG of full colour resolution in ten scans, to be turned', () =>
    noisy(square).withMetadata({ orientation: 8 }).jpeg({ quality: 75, progressive: true, chromaSubsampling: '4:4:4' }),
  ),
];

/** Each is read, and passed over. */
const unknownChunks = async (): Promise<Buffer> => {
  const png = await drawn().png().toBuffer();
  const chunk = pngChunk('juNk', Buffer.alloc(0));
  return Buffer.concat([png.subarray(0, 33), Buffer.alloc(chunk.byteLength * 4_000_000, chunk), png.subarray(33)]);
};
const deep = (pixels: Sharp): Sharp => pixels.toColourspace('rgb16');
const pngs = [
  made('PNG of 16 bits in P3 to be turned', () => foreign(deep(empty(square)), 5).png({ compressionLevel: 1 })),
  made('PNG of 16 bits with alpha in P3 to be turned', () =>
    foreign(deep(empty(square, 4)), 7).png({ compressionLevel: 1 }),
  ),
  made('PNG of interlaced rows of 16 bits', () => deep(empty(square)).png({ progressive: true, compressionLevel: 1 })),
  made('PNG of interlaced rows in P3 to be turned', () => foreign(empty(square), 6).png({ progressive: true })),
  made('PNG with alpha in P3 to be turned', () => foreign(empty(square, 4), 8).png()),
  made('PNG of noise', () => noisy({ width: 6600, height: 6600 }, 1024).png({ compressionLevel: 1 })),
  specimen('PNG with four million unknown chunks', unknownChunks),
];

const webpSize: Size = { width: 16_380, height: 3050 };
const webps = [
  made('WebP of noise', () => noisy(webpSize).webp({ quality: 60, effort: 0 })),
  made('WebP in P3 to be turned', () => foreign(noisy(square), 8).webp({ quality: 40, effort: 0 })),
  made('WebP with alpha in P3 to be turned', () => foreign(empty(square, 4), 5).webp({ quality: 40, effort: 0 })),
  made('WebP without loss in P3 to be turned', () => foreign(empty(square), 6).webp({ lossless: true, effort: 0 })),
  made('WebP without loss of noise', () =>
    noisy({ width: 6600, height: 6600 }, 512).webp({ lossless: true, effort: 0 }),
  ),
];

const avif = { quality: 40, effort: 0 };
const avifs = [
  made('AVIF of noise', () => noisy(avifSize).avif(avif)),
  made('AVIF in P3 to be turned', () => foreign(empty(avifSize), 6).avif(avif)),
  made('AVIF with alpha in P3 to be turned', () => foreign(empty(avifSize, 4), 5).avif(avif)),
  made('AVIF of 12 bits', () => empty(avifSize).avif({ ...avif, bitdepth: 12 })),
  specimen('HEIC of nine hundred tiles', () => heicGrid({ columns: 30, rows: 30, width: 3840, height: 1920 })),
];

/** Strips that are all alike, packed once. */
const inkTiff = (bits: 8 | 16, orientation: number): Buffer => {
  const rowsPerStrip = 70;
  const strip = deflateSync(Buffer.alloc(square.width * rowsPerStrip * 4 * (bits / 8), 77));
  const picture = tiffPicture({
    ...square,
    bits: [bits, bits, bits, bits],
    photometric: 5,
    pieces: Array.from({ length: square.height / rowsPerStrip }, () => strip),
    rowsPerStrip,
    more: [{ tag: 274, type: 'short', values: [orientation] }],
  });
  const fields = picture.fields.map((field) => (field.tag === 259 ? { ...field, values: [8] } : field));
  return tiffOf([{ ...picture, fields }]);
};
const tiffs = [
  specimen('TIFF of inks', () => inkTiff(8, 1)),
  specimen('TIFF of inks of 16 bits to be turned', () => inkTiff(16, 6)),
  made('TIFF of 16 bits with alpha in P3 to be turned', () =>
    foreign(deep(empty(square, 4)), 5).tiff({ compression: 'deflate' }),
  ),
  made('TIFF of tiles in P3 to be turned', () => foreign(empty(square), 8).tiff({ compression: 'lzw', tile: true })),
  made('TIFF of JPEG to be turned', () => foreign(noisy(square), 7).tiff({ compression: 'jpeg', quality: 70 })),
  made('TIFF of WebP', () => empty(webpSize).tiff({ compression: 'webp', quality: 70 })),
];

/** Every pixel for itself, and a frame that is laid over. */
const gif = (): Buffer => {
  const size = { width: 6000, height: 4000 };
  const frame = gifFrame({ ...size, indexAt: (x, y) => (x ^ y) & 3, transparent: 3, interlaced: true });
  const palette = [
    [0, 0, 0],
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
  ];
  return gifOf({ ...size, palette }, [frame]);
};
const gifs = [specimen('GIF of interlaced rows', gif), made('GIF', () => empty(square).gif({ effort: 1 }))];

/** Thirty-two. */
export const worstPictures: readonly Specimen[] = [...jpegs, ...pngs, ...webps, ...avifs, ...tiffs, ...gifs];
