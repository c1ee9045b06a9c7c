/** Whole pictures with something else in a place where decoders pass over it. */
import { deflateSync } from 'node:zlib';
import { box } from './boxes.ts';
import { drawn, quarterAt, quartersOf, samplesOf, size } from './colours.ts';
import { gifComment, gifExtension, gifFrame, gifOf } from './gif.ts';
import { heicQuarters } from './heic.ts';
import { adobeRgb } from './icc.ts';
import { jpegSegment, markers, withSegments } from './jpeg.ts';
import { pngChunk, pngChunksOf, pngOf } from './png.ts';
import { riffChunk, riffOf, vp8x, webpChunksOf, webpFlags } from './riff.ts';
import { tiffOf, tiffPicture } from './tiff.ts';

type Carrier = (payload: Buffer) => Buffer | Promise<Buffer>;

const jpeg = (): Promise<Buffer> => drawn().jpeg({ quality: 95 }).toBuffer();
const png = (): Promise<Buffer> => drawn().png().toBuffer();
const webp = (): Promise<Buffer> => drawn().webp({ quality: 95 }).toBuffer();
const avif = (): Promise<Buffer> => drawn().avif({ quality: 90, effort: 0 }).toBuffer();

const behind =
  (make: () => Buffer | Promise<Buffer>): Carrier =>
  async (payload) =>
    Buffer.concat([await make(), payload]);

const inSegment =
  (marker: number, prefix = ''): Carrier =>
  async (payload) =>
    withSegments(await jpeg(), jpegSegment(marker, Buffer.concat([Buffer.from(prefix, 'latin1'), payload])));

const inChunk =
  (name: string, prefix = '', packed = false): Carrier =>
  async (payload) => {
    const data = Buffer.concat([Buffer.from(prefix, 'latin1'), packed ? deflateSync(payload) : payload]);
    const whole = await png();
    return Buffer.concat([whole.subarray(0, 33), pngChunk(name, data), whole.subarray(33)]);
  };

/** Behind the packed rows, where the reader has no more use for bytes. */
const behindRows: Carrier = async (payload) => {
  const coded = [...pngChunksOf(await png())].filter(({ name }) => name === 'IDAT').map(({ data }) => data);
  return pngOf(size, [], Buffer.concat([...coded, payload]));
};

const webpWith = async (flags: number, ...chunks: readonly Buffer[]): Promise<Buffer> => {
  const coded = [...webpChunksOf(await webp())].filter(({ name }) => name === 'VP8 ');
  return riffOf('WEBP', [vp8x(flags, size.width, size.height), ...coded.map(({ whole }) => whole), ...chunks]);
};
const insidePixels: Carrier = async (payload) => {
  const coded = [...webpChunksOf(await webp())].find(({ name }) => name === 'VP8 ');
  return riffOf('WEBP', [riffChunk('VP8 ', Buffer.concat([coded?.data ?? Buffer.alloc(0), payload]))]);
};

const gif = (...blocks: readonly Buffer[]): Buffer =>
  gifOf({ ...size, palette: quartersOf }, [...blocks, gifFrame({ ...size, indexAt: quarterAt })]);

const tiff = (payload: Buffer, tag: number, type: 'ascii' | 'byte' | 'undefined'): Buffer =>
  tiffOf([
    tiffPicture({
      ...size,
      bits: [8, 8, 8],
      photometric: 2,
      pieces: [samplesOf(quartersOf, 1)],
      more: [{ tag, type, values: payload }],
    }),
  ]);

const exif = (payload: Buffer): Buffer => tiffOf([{ fields: [{ tag: 270, type: 'ascii', values: payload }] }]);

export const carriers: Readonly<Record<string, Carrier>> = {
  'in a JPEG’s comment': inSegment(markers.com),
  'in a JPEG’s EXIF': async (payload) =>
    withSegments(await jpeg(), jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif(payload)]))),
  'in a JPEG’s XMP': inSegment(0xe1, 'http://ns.adobe.com/xap/1.0/\0'),
  'in a JPEG’s profile': inSegment(0xe2, 'ICC_PROFILE\0\x01\x01'),
  'in a JPEG’s Photoshop block': inSegment(0xed, 'Photoshop 3.0\x008BIM'),
  'in a JPEG’s own segment': inSegment(0xe9),
  'in front of a JPEG’s tables': async (payload) => {
    const whole = await jpeg();
    return Buffer.concat([whole.subarray(0, 20), payload, whole.subarray(20)]);
  },
  'in front of a JPEG’s end': async (payload) => {
    const whole = await jpeg();
    return Buffer.concat([whole.subarray(0, -2), payload, whole.subarray(-2)]);
  },
  'behind a JPEG': behind(jpeg),
  'in a PNG’s text': inChunk('tEXt', 'k\0'),
  'in a PNG’s packed text': inChunk('zTXt', 'k\0\0', true),
  'in a PNG’s international text': inChunk('iTXt', 'k\0\0\0\0\0'),
  'in a PNG’s EXIF': async (payload) => inChunk('eXIf')(exif(payload)),
  'in a PNG’s profile': inChunk('iCCP', 'k\0\0', true),
  'in a PNG’s own chunk': inChunk('smUg'),
  'behind a PNG’s rows': behindRows,
  'behind a PNG': behind(png),
  'in a WebP’s EXIF': async (payload) => webpWith(webpFlags.exif, riffChunk('EXIF', exif(payload))),
  'in a WebP’s XMP': async (payload) => webpWith(webpFlags.xmp, riffChunk('XMP ', payload)),
  'in a WebP’s own chunk': async (payload) => webpWith(0, riffChunk('SMUG', payload)),
  'behind a WebP’s pixels': insidePixels,
  'behind a WebP': behind(webp),
  'in a GIF’s comment': (payload) => gif(gifComment(payload.toString('latin1'))),
  'in a GIF’s extension': (payload) => gif(gifExtension(0xff, payload)),
  'behind a GIF': behind(() => gif()),
  'in a TIFF’s description': (payload) => tiff(payload, 270, 'ascii'),
  'in a TIFF’s XMP': (payload) => tiff(payload, 700, 'byte'),
  'in a TIFF’s own field': (payload) => tiff(payload, 65_000, 'undefined'),
  'behind a TIFF': behind(() => tiff(Buffer.from('x'), 270, 'ascii')),
  'behind an AVIF': behind(avif),
  'in an AVIF’s free box': async (payload) => Buffer.concat([await avif(), box('free', payload)]),
  'behind a HEIC': behind(heicQuarters),
  'in the name of a TIFF’s profile': (payload) =>
    tiff(adobeRgb(payload.toString('latin1').replaceAll('\0', ' ')), 34_675, 'undefined'),
};

export const plainPictures = { jpeg, png, webp, avif, gif: async () => gif() };
