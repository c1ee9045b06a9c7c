/** PNG and WebP that decode, with something hidden where a reader that only skips would not look. */
import { deflateSync } from 'node:zlib';
import { deep, hidden, interlaced, lossless, lossy, png, size, transparent } from './plain-files.ts';
import { pngChunk, pngChunksOf, pngOf, pngRows, pngSignature } from './png.ts';
import { riffChunk, riffOf, vp8x, webpChunksOf, webpFlags } from './riff.ts';

const rows = Buffer.concat([...pngChunksOf(png)].filter(({ name }) => name === 'IDAT').map(({ data }) => data));
const unpacked = Buffer.alloc((size.width * 3 + 1) * size.height, 7);
const pngWith = (...chunks: Buffer[]): Buffer => pngOf(size, chunks, rows);
const end = pngChunk('IEND', Buffer.alloc(0));
export const impurePngs: Readonly<Record<string, Buffer>> = {
  'text behind the end': Buffer.concat([png, hidden]),
  'text in the last chunk': Buffer.concat([png.subarray(0, -12), pngChunk('IEND', hidden)]),
  'a chunk behind the end': Buffer.concat([png, pngChunk('tEXt', hidden)]),
  'bytes behind the packed rows': pngOf(size, [], Buffer.concat([rows, hidden])),
  'rows that nobody sees': pngOf(size, [], deflateSync(Buffer.concat([unpacked, hidden]))),
  'rows that are missing': pngOf(size, [], deflateSync(unpacked.subarray(1000))),
  'an unknown needed chunk': pngWith(pngChunk('SECR', hidden)),
  'an unknown chunk': pngWith(pngChunk('seCr', hidden)),
  'a wrong checksum': pngWith(pngChunk('sRGB', Buffer.from([0]), { crc: 0x5ec7e7 })),
  'a wrong checksum of the rows': Buffer.concat([pngWith().subarray(0, -16), Buffer.from('Secr'), end]),
  'a longer colour space': pngWith(pngChunk('sRGB', hidden)),
  'a longer density': pngWith(pngChunk('pHYs', Buffer.concat([Buffer.alloc(9), hidden]))),
  'an odd density': pngWith(pngChunk('pHYs', Buffer.from('Secret!!\x01', 'latin1'))),
  'two densities': pngWith(pngChunk('pHYs', Buffer.alloc(9)), pngChunk('pHYs', Buffer.alloc(9))),
  'a background': pngWith(pngChunk('bKGD', Buffer.alloc(6))),
  'a palette to choose from': pngWith(pngChunk('PLTE', Buffer.alloc(768, 'Secret'))),
  'a palette': pngOf(
    { ...size, colours: 'palette' },
    [pngChunk('PLTE', Buffer.alloc(768, 'Secret'))],
    pngRows(96, 64, 8, () => 1),
  ),
  'a chunk between the rows': pngOf(
    size,
    [pngChunk('IDAT', rows.subarray(0, 100)), pngChunk('tIME', Buffer.alloc(7))],
    rows.subarray(100),
  ),
  'a header that is longer': Buffer.concat([
    pngSignature,
    pngChunk('IHDR', Buffer.concat([png.subarray(16, 29), hidden])),
    png.subarray(33),
  ]),
  'two headers': pngWith(png.subarray(8, 33)),
  '16 bits': deep,
  'interlaced rows': interlaced,
  'more than is unpacked at once': pngOf({ width: 16_000, height: 3000 }, [], rows),
};

const chunkOf = (webp: Buffer, wanted: string): Buffer =>
  [...webpChunksOf(webp)].find(({ name }) => name === wanted)?.data ?? Buffer.alloc(0);
const extended = (flags: number, ...chunks: Buffer[]): Buffer =>
  riffOf('WEBP', [vp8x(flags, size.width, size.height), ...chunks]);
const pixels = riffChunk('VP8 ', chunkOf(lossy, 'VP8 '));
const odd = chunkOf(lossy, 'VP8 ');
export const impureWebps: Readonly<Record<string, Buffer>> = {
  'text behind the end': Buffer.concat([lossy, hidden]),
  'text in front of the end': riffOf('WEBP', [pixels, hidden]),
  'text behind the pixels': riffOf('WEBP', [riffChunk('VP8 ', Buffer.concat([odd, hidden]))]),
  'text behind pixels without loss': riffOf('WEBP', [
    riffChunk('VP8L', Buffer.concat([chunkOf(lossless, 'VP8L'), hidden])),
  ]),
  'text behind the alpha': extended(
    webpFlags.alpha,
    riffChunk('ALPH', Buffer.concat([chunkOf(transparent, 'ALPH'), hidden])),
    pixels,
  ),
  'padding that is not empty': riffOf('WEBP', [
    riffChunk('VP8 ', Buffer.concat([odd, Buffer.alloc(1 - (odd.byteLength % 2))]), { padding: 0x53 }),
  ]),
  'a header that promises EXIF': extended(webpFlags.exif, pixels),
  'a header that promises XMP': extended(webpFlags.xmp, pixels),
  'a header that promises a profile': extended(webpFlags.icc, pixels),
  'a header that promises frames': extended(webpFlags.animation, pixels),
  'a longer header': riffOf('WEBP', [riffChunk('VP8X', Buffer.concat([vp8x(0, 96, 64).subarray(8), hidden])), pixels]),
  'a header with bytes kept free': riffOf('WEBP', [
    riffChunk('VP8X', Buffer.concat([Buffer.from([0, 1, 2, 3]), vp8x(0, 96, 64).subarray(12)])),
    pixels,
  ]),
  EXIF: extended(webpFlags.exif, pixels, riffChunk('EXIF', hidden)),
  'EXIF that was not promised': extended(0, pixels, riffChunk('EXIF', hidden)),
  'an unknown chunk': extended(0, riffChunk('SECR', hidden), pixels),
  'two pictures': riffOf('WEBP', [pixels, pixels]),
  'alpha beside pixels without loss': extended(
    webpFlags.alpha,
    riffChunk('ALPH', hidden),
    riffChunk('VP8L', chunkOf(lossless, 'VP8L')),
  ),
  'alpha twice': extended(webpFlags.alpha, riffChunk('ALPH', hidden), riffChunk('ALPH', hidden), pixels),
  'no pixels': riffOf('WEBP', [riffChunk('VP8 ', hidden)]),
  'a size that is not its own': Buffer.concat([Buffer.from('RIFF\x08\0\0\0', 'latin1'), lossy.subarray(8)]),
};
