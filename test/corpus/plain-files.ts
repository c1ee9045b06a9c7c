/** Pictures of pixels alone, in the forms that a provider's result may keep. */
import { from, noise } from '../images/pictures.ts';
import { flatJpeg } from './flat-jpeg.ts';

export const size = { width: 96, height: 64 };
/** Begins what is hidden. */
export const secret = 'Secret';
export const hidden = Buffer.from(`${secret}: taken at 51.47 N by Mallory`);
const picture = () => from(noise(size.width, size.height));

export const jpeg = await picture().jpeg().toBuffer();
const progressive = await picture().jpeg({ progressive: true }).toBuffer();
export const restarting = flatJpeg({
  ...size,
  colourAt: (column, row) => [column * 20, row * 30, 128],
  restartEvery: 4,
});
export const png = await picture().png().toBuffer();
export const lossy = await picture().webp().toBuffer();
export const lossless = await picture().webp({ lossless: true }).toBuffer();
export const transparent = await picture().ensureAlpha(0.5).webp().toBuffer();

const grey = await picture().greyscale().toColourspace('b-w').png().toBuffer();
const rgba = await picture().ensureAlpha(0.5).png().toBuffer();
export const deep = await picture().toColourspace('rgb16').png().toBuffer();
export const interlaced = await picture().png({ progressive: true }).toBuffer();

/** Pixels and nothing else. */
export const plainFiles: readonly (readonly [name: string, bytes: Buffer, type: string])[] = [
  ['a JPEG', jpeg, 'image/jpeg'],
  ['a progressive JPEG', progressive, 'image/jpeg'],
  ['a JPEG with restarts', restarting, 'image/jpeg'],
  ['a grey JPEG', await picture().greyscale().jpeg().toBuffer(), 'image/jpeg'],
  ['a PNG', png, 'image/png'],
  ['a PNG with alpha', rgba, 'image/png'],
  ['a grey PNG', grey, 'image/png'],
  ['a WebP', lossy, 'image/webp'],
  ['a WebP without loss', lossless, 'image/webp'],
  ['a WebP with alpha', transparent, 'image/webp'],
];
