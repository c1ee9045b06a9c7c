/** The coded pixels of one small picture in each format, made once. */
import { drawn } from './colours.ts';
import { bareJpeg } from './jpeg.ts';
import { pngChunksOf } from './png.ts';
import { webpChunksOf } from './riff.ts';

const once = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};
export const jpegPixels = once(async () => bareJpeg(await drawn().jpeg({ quality: 95 }).toBuffer()));
export const pngPixels = once(async () =>
  Buffer.concat(
    [...pngChunksOf(await drawn().png().toBuffer())].filter(({ name }) => name === 'IDAT').map(({ data }) => data),
  ),
);
export const webpPixels = once(async () =>
  [...webpChunksOf(await drawn().webp({ lossless: true }).toBuffer())].filter(({ name }) => name === 'VP8L'),
);
export const avifPixels = once(() => drawn().avif({ quality: 90, effort: 0 }).toBuffer());
