/** Pictures of each format and form, cut off at each tenth. */
import sharp from 'sharp';
import { from, noise } from '../images/pictures.ts';
import { heicGrid, heicQuarters } from './heic.ts';
import { type Specimen, truncations } from './specimen.ts';

const picture = () => from(noise(160, 120));
const frames = () =>
  sharp(Buffer.concat([noise(80, 60).pixels, noise(80, 60).pixels.map((value) => 255 - value)]), {
    raw: { width: 80, height: 120, channels: 3, pageHeight: 60 },
  });

/** Nothing of these is left out without it showing. */
const still: readonly (readonly [name: string, make: () => Buffer | Promise<Buffer>])[] = [
  ['JPEG', () => picture().jpeg().toBuffer()],
  ['progressive JPEG', () => picture().jpeg({ progressive: true }).toBuffer()],
  ['grey JPEG', () => picture().greyscale().jpeg().toBuffer()],
  ['PNG', () => picture().png().toBuffer()],
  ['interlaced PNG', () => picture().png({ progressive: true }).toBuffer()],
  ['PNG with a palette', () => picture().png({ palette: true }).toBuffer()],
  ['WebP', () => picture().webp().toBuffer()],
  ['WebP without loss', () => picture().webp({ lossless: true, effort: 0 }).toBuffer()],
  ['WebP with alpha', () => picture().ensureAlpha(0.5).webp().toBuffer()],
  ['AVIF', () => picture().avif({ effort: 0 }).toBuffer()],
  ['AVIF with alpha', () => picture().ensureAlpha(0.5).avif({ effort: 0 }).toBuffer()],
  ['GIF', () => picture().gif().toBuffer()],
  ['TIFF', () => picture().tiff({ compression: 'none' }).toBuffer()],
  ['TIFF of tiles', () => picture().tiff({ tile: true, tileWidth: 32, tileHeight: 32, compression: 'lzw' }).toBuffer()],
  ['TIFF with JPEG inside', () => picture().tiff({ compression: 'jpeg' }).toBuffer()],
  ['HEIC', heicQuarters],
  ['HEIC of tiles', () => heicGrid({ columns: 3, rows: 2, width: 384, height: 128 })],
];

/** The first frame may be whole. */
const moving: typeof still = [
  ['GIF that moves', () => frames().gif().toBuffer()],
  ['WebP that moves', () => frames().webp().toBuffer()],
];

export const brokenStills: readonly Specimen[] = still.flatMap(([name, make]) => truncations(name, make));
export const brokenMoving: readonly Specimen[] = moving.flatMap(([name, make]) => truncations(name, make));
