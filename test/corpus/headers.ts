/** Small pictures behind huge, packed, repeated or circular headers: they are shown, or refused, but never for long. */
import { deflateSync } from 'node:zlib';
import { drawn, quarterAt, quartersOf, samplesOf, size } from './colours.ts';
import { gifExtension, gifFrame, gifOf } from './gif.ts';
import { jpegSegment, jpegSegments, markers, withSegments } from './jpeg.ts';
import { pngChunk, pngChunksOf, pngOf } from './png.ts';
import { riffChunk, riffOf, vp8x, webpChunksOf, webpFlags } from './riff.ts';
import { type Specimen, specimen } from './specimen.ts';
import { type TiffField, tiffOf, tiffPicture } from './tiff.ts';

const megabyte = 1_000_000;
const large = (bytes = 10 * megabyte): Buffer => Buffer.alloc(bytes, 'A');
const repeated = (part: Buffer, times: number): Buffer => Buffer.alloc(part.byteLength * times, part);

const pngWith = async (...chunks: readonly Buffer[]): Promise<Buffer> => {
  const coded = [...pngChunksOf(await drawn().png().toBuffer())].filter(({ name }) => name === 'IDAT');
  return pngOf(size, chunks, Buffer.concat(coded.map(({ data }) => data)));
};
const packedText = (bytes: number): Buffer =>
  Buffer.concat([Buffer.from('k\0\0', 'latin1'), deflateSync(large(bytes))]);
const pngHeaders = [
  specimen('PNG with 10 MB of EXIF', () =>
    pngWith(pngChunk('eXIf', Buffer.concat([Buffer.from('II*\0\b\0\0\0'), large()]))),
  ),
  specimen('PNG with 10 MB of XMP', () =>
    pngWith(pngChunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\0\0\0\0'), large()]))),
  ),
  specimen('PNG with a packed text of 50 MB', () => pngWith(pngChunk('zTXt', packedText(50 * megabyte)))),
  specimen('PNG with a packed XMP of 50 MB', () =>
    pngWith(
      pngChunk(
        'iTXt',
        Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0'), deflateSync(large(50 * megabyte))]),
      ),
    ),
  ),
  specimen('PNG with a packed profile of 50 MB', () => pngWith(pngChunk('iCCP', packedText(50 * megabyte)))),
  specimen('PNG with 500 packed texts of 8 MB', () =>
    pngWith(repeated(pngChunk('zTXt', packedText(7.9 * megabyte)), 500)),
  ),
  specimen('PNG with a hundred thousand texts', () =>
    pngWith(repeated(pngChunk('tEXt', Buffer.from('k\0v')), 100_000)),
  ),
  specimen('PNG with a million unknown chunks', () => pngWith(repeated(pngChunk('juNk', Buffer.alloc(0)), 1_000_000))),
  specimen('PNG with a hundred thousand parts of pixels', async () => {
    const png = await drawn().png().toBuffer();
    const empty = repeated(pngChunk('IDAT', Buffer.alloc(0)), 100_000);
    return Buffer.concat([png.subarray(0, 33), empty, png.subarray(33)]);
  }),
];

const jpegWith = async (...segments: readonly Buffer[]): Promise<Buffer> =>
  withSegments(await drawn().jpeg().toBuffer(), ...segments);
const exif = (tiff: Buffer): Buffer => jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), tiff]));
const jpegHeaders = [
  specimen('JPEG with 10 MB of comments', () => jpegWith(repeated(jpegSegment(markers.com, large(65_533)), 150))),
  specimen('JPEG with 300 EXIF blocks', () =>
    jpegWith(repeated(exif(Buffer.concat([Buffer.from('II*\0\b\0\0\0'), Buffer.alloc(65_000)])), 300)),
  ),
  specimen('JPEG with a profile of 16 MB', () =>
    jpegWith(
      ...jpegSegments(0xe2, large(16 * megabyte), (index, count) =>
        Buffer.concat([Buffer.from('ICC_PROFILE\0'), Buffer.from([index + 1, count])]),
      ),
    ),
  ),
  specimen('JPEG with parts of a profile that never come', () =>
    jpegWith(jpegSegment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\xfe\xff', 'latin1'), large(60_000)]))),
  ),
  specimen('JPEG with EXIF that points at itself', () =>
    jpegWith(exif(tiffOf([{ fields: [{ tag: 0x8769, type: 'long', values: [8] }], next: 8 }]))),
  ),
  specimen('JPEG with EXIF of 60,000 fields', () =>
    jpegWith(exif(Buffer.concat([Buffer.from('MM\0*\0\0\0\b\xea\x60', 'latin1'), Buffer.alloc(65_000)]))),
  ),
  specimen('JPEG with EXIF that says 4 GB', () =>
    jpegWith(
      exif(tiffOf([{ fields: [{ tag: 0x9286, type: 'undefined', values: [], count: 0xffff_ffff, offset: 8 }] }])),
    ),
  ),
  specimen('JPEG with a million empty comments', () =>
    jpegWith(repeated(jpegSegment(markers.com, Buffer.alloc(0)), 1_000_000)),
  ),
  specimen('JPEG with 100,000 tables', () =>
    jpegWith(repeated(jpegSegment(markers.dqt, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)])), 100_000)),
  ),
  specimen('JPEG with 10 MB of fill bytes', () => jpegWith(Buffer.alloc(10 * megabyte, 0xff))),
];

const webpWith = async (flags: number, ...chunks: readonly Buffer[]): Promise<Buffer> => {
  const coded = [...webpChunksOf(await drawn().webp().toBuffer())].filter(({ name }) => name === 'VP8 ');
  return riffOf('WEBP', [vp8x(flags, size.width, size.height), ...coded.map(({ whole }) => whole), ...chunks]);
};
const webpHeaders = [
  specimen('WebP with 10 MB of EXIF', () => webpWith(webpFlags.exif, riffChunk('EXIF', large()))),
  specimen('WebP with 10 MB of XMP', () => webpWith(webpFlags.xmp, riffChunk('XMP ', large()))),
  specimen('WebP with a hundred thousand EXIF blocks', () =>
    webpWith(webpFlags.exif, repeated(riffChunk('EXIF', Buffer.alloc(2)), 100_000)),
  ),
  specimen('WebP with a million unknown chunks', () =>
    webpWith(0, repeated(riffChunk('JUNK', Buffer.alloc(0)), 1_000_000)),
  ),
];

const gifWith = (...blocks: readonly Buffer[]): Buffer =>
  gifOf({ ...size, palette: quartersOf }, [...blocks, gifFrame({ ...size, indexAt: quarterAt })]);
const gifHeaders = [
  specimen('GIF with a comment of 10 MB', () => gifWith(gifExtension(0xfe, large()))),
  specimen('GIF with a million empty extensions', () =>
    gifWith(repeated(gifExtension(0xfe, Buffer.alloc(0)), 1_000_000)),
  ),
  specimen('GIF with a comment in five million pieces', () =>
    gifWith(Buffer.concat([Buffer.from([0x21, 0xfe]), repeated(Buffer.from([1, 65]), 5_000_000), Buffer.from([0])])),
  ),
];

const tiffWith = (more: readonly TiffField[], next?: number): Buffer => {
  const page = tiffPicture({ ...size, bits: [8, 8, 8], photometric: 2, pieces: [samplesOf(quartersOf, 1)], more });
  return tiffOf([{ ...page, ...(next !== undefined && { next }) }]);
};
const lying = (tag: number): TiffField => ({ tag, type: 'undefined', values: [], count: 0x7fff_ffff, offset: 8 });
const tiffHeaders = [
  specimen('TIFF with XMP of 10 MB', () => tiffWith([{ tag: 700, type: 'byte', values: large() }])),
  specimen('TIFF with a profile of 10 MB', () => tiffWith([{ tag: 34_675, type: 'undefined', values: large() }])),
  specimen('TIFF with a profile that says 2 GB', () => tiffWith([lying(34_675)])),
  specimen('TIFF with XMP that says 2 GB', () => tiffWith([lying(700)])),
  specimen('TIFF with EXIF that is its own directory', () => tiffWith([{ tag: 34_665, type: 'long', values: [8] }])),
  specimen('TIFF whose pages go in a circle', () => {
    const first = tiffWith([]).readUInt32LE(4);
    return tiffWith([], first);
  }),
  specimen('TIFF of 30,000 fields', () =>
    tiffWith(
      Array.from({ length: 30_000 }, (_, index) => ({ tag: 35_000 + index, type: 'short', values: [1] }) as const),
    ),
  ),
  specimen('TIFF with 100,000 smaller sizes', () =>
    tiffWith([{ tag: 330, type: 'long', values: Array.from({ length: 100_000 }, () => 8) }]),
  ),
];

export const hugeHeaders: readonly Specimen[] = [
  ...pngHeaders,
  ...jpegHeaders,
  ...webpHeaders,
  ...gifHeaders,
  ...tiffHeaders,
];
