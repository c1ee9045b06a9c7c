/** GIF and WebP that would take gigabytes or minutes to decode: by size, and by the number of frames. */
import sharp from 'sharp';
import { each, type Size, tooLarge } from './bomb-sizes.ts';
import { drawn, quartersOf } from './colours.ts';
import { gifFrame, gifOf } from './gif.ts';
import { animatedWebp, riffOf, vp8x, webpChunksOf } from './riff.ts';
import { specimen } from './specimen.ts';

const dot = gifFrame({ width: 1, height: 1, indexAt: () => 0 });
const gif = (width: number, height: number, blocks: readonly Buffer[]): Buffer =>
  gifOf({ width, height, palette: quartersOf }, blocks);
/** A frame's head, and pixels for the first few alone. */
const gifHead = ([width, height]: Size, [left, top]: Size = [0, 0]): Buffer => {
  const frame = Buffer.from(gifFrame({ width: 1, height: 1, indexAt: () => 0 }));
  for (const [index, value] of [left, top, width, height].entries()) frame.writeUInt16LE(value, 9 + index * 2);
  return frame;
};

export const gifBombs = [
  ...each('GIF', tooLarge, (size) => gif(size[0], size[1], [gifHead(size)])),
  ...each(
    'GIF with a frame larger than itself',
    [
      [60_000, 60_000],
      [9000, 9000],
      [16_385, 1],
    ],
    (size) => gif(10, 10, [gifHead(size)]),
  ),
  specimen('GIF with a frame far outside', () => gif(10, 10, [gifHead([1, 1], [60_000, 60_000])])),
  ...[1001, 10_000, 100_000, 1_000_000].map((frames) =>
    specimen(`GIF of ${frames} frames`, () => gif(16, 16, Array(frames).fill(dot))),
  ),
];

const lossless = async (): Promise<Buffer> => {
  const webp = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#777' } })
    .webp({ lossless: true })
    .toBuffer();
  return [...webpChunksOf(webp)].find(({ name }) => name === 'VP8L')?.whole ?? Buffer.alloc(0);
};
/** A lossless picture that says another size: 14 bits for each side. */
const resizedLossless = async ([width, height]: Size): Promise<Buffer> => {
  const chunk = Buffer.from(await lossless());
  chunk.writeUInt32LE(((chunk.readUInt32LE(9) & 0xf000_0000) | ((height - 1) << 14) | (width - 1)) >>> 0, 9);
  return riffOf('WEBP', [chunk]);
};
const resizedLossy = async ([width, height]: Size): Promise<Buffer> => {
  const webp = await drawn().webp().toBuffer();
  webp.writeUInt16LE(width, 26);
  webp.writeUInt16LE(height, 28);
  return webp;
};
const webpSizes: readonly Size[] = [
  [16_383, 16_383],
  [16_383, 3100],
  [7072, 7072],
];
export const webpBombs = [
  ...each('WebP without loss', webpSizes, resizedLossless),
  ...each('WebP', webpSizes, resizedLossy),
  specimen('WebP of 64 Mpx of one colour', () =>
    sharp({ create: { width: 8000, height: 8000, channels: 3, background: '#777' }, limitInputPixels: false })
      .webp({ lossless: true, effort: 0 })
      .toBuffer(),
  ),
  ...each(
    'WebP that promises more',
    [
      [16_777_216, 16_777_216],
      [65_536, 65_535],
      [20_000, 20_000],
    ],
    async ([width, height]) => riffOf('WEBP', [vp8x(16, width, height), await lossless()]),
  ),
  ...[1001, 10_000, 100_000, 400_000].map((frames) =>
    specimen(`WebP of ${frames} frames`, async () =>
      animatedWebp(16, 16, Array(frames).fill({ width: 16, height: 16, chunks: [await lossless()] })),
    ),
  ),
];
