/** PNG and JPEG that would take gigabytes or minutes to decode. */
import { deflateSync } from 'node:zlib';
import { each, type Size, tooLarge } from './bomb-sizes.ts';
import { drawn } from './colours.ts';
import { flatJpeg } from './flat-jpeg.ts';
import { jpegSegment, markers, withRepeatedScans, withSegments } from './jpeg.ts';
import { type PngHeader, pngOf } from './png.ts';
import { specimen } from './specimen.ts';

const few = deflateSync(Buffer.alloc(10_000));
const png =
  (more: Omit<PngHeader, 'width' | 'height'>) =>
  ([width, height]: Size) =>
    pngOf({ width, height, ...more }, [], few);
/** All of its rows are there: 33 MB in 33 kB. */
const wholePng = (): Buffer =>
  pngOf(
    { width: 16_384, height: 16_384, bits: 1, colours: 'grey' },
    [],
    deflateSync(Buffer.alloc(2049 * 16_384), { level: 9 }),
  );

export const pngBombs = [
  ...each('PNG', [...tooLarge, [2_147_483_647, 2_147_483_647], [1_000_000, 50]], png({})),
  ...each('PNG of 16 bits with alpha', tooLarge, png({ bits: 16, colours: 'rgba' })),
  ...each('PNG of interlaced rows', tooLarge, png({ interlaced: true })),
  ...each('PNG of 1 bit', tooLarge, png({ bits: 1, colours: 'grey' })),
  specimen('PNG with all its rows', wholePng),
];

/** A small JPEG that says another size. */
const resized = (jpeg: Buffer, [width, height]: Size, kind: number): Buffer => {
  const copy = Buffer.from(jpeg);
  const frame = copy.indexOf(Buffer.from([0xff, markers.sof0, 0]));
  copy[frame + 1] = kind;
  copy.writeUInt16BE(height, frame + 5);
  copy.writeUInt16BE(width, frame + 7);
  return copy;
};
const jpeg = (components: number): Buffer =>
  flatJpeg({ width: 64, height: 48, colourAt: (column, row) => Array(components).fill((column * 8 + row) & 255) });

export const jpegBombs = [
  ...each('JPEG', tooLarge, (size) => resized(jpeg(3), size, markers.sof0)),
  ...each('JPEG in many scans', tooLarge, (size) => resized(jpeg(3), size, markers.sof2)),
  ...each('JPEG of inks', tooLarge, (size) => resized(jpeg(4), size, markers.sof0)),
  specimen('JPEG of a thousand scans', async () =>
    withRepeatedScans(await drawn().jpeg({ progressive: true }).toBuffer(), 150),
  ),
  specimen('JPEG with a small picture inside', async () => {
    const thumbnail = Buffer.concat([Buffer.from('JFXX\0\x10'), await drawn().jpeg().toBuffer()]);
    return withSegments(resized(jpeg(3), [65_000, 65_000], markers.sof0), jpegSegment(0xe0, thumbnail));
  }),
];
