/** sharp as the decoder process uses it: few decoders, and no cache. */
import { readFile } from 'node:fs/promises';
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import type { AcceptedType } from './sniff.ts';

// For the whole process, https://sharp.pixelplumbing.com/api-utility/#block. JPEGs with an HDR gain map are read by
// the plain JPEG decoder then.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif', 'Tiff'].flatMap((format) => [
    `VipsForeignLoad${format}Buffer`,
    `VipsForeignLoad${format}File`,
  ]),
});
// No picture comes twice in a row; the cache would only hold memory.
sharp.cache(false);

/** An encoded picture: its bytes, or the path of a file that holds them. */
export type ImageSource = Uint8Array | string;

/** Opens an image that was probed before. `maxPixels` is a second wall, behind the probe. */
export const openPixels = (
  source: ImageSource,
  { maxPixels, ...options }: SharpOptions & { maxPixels: number },
): Sharp => sharp(source, { failOn: 'error', limitInputPixels: maxPixels, ...options });

/** Opens it upright, in sRGB of 8 bits, as its colours were meant. */
export const openUpright = async (source: ImageSource, maxPixels: number): Promise<Sharp> => {
  const pixels = openPixels(source, { maxPixels, autoOrient: true });
  const { space, hasProfile } = await pixels.metadata();
  // sharp 0.35 takes tagged 16-bit colours to Display P3 and leaves them there untagged; this takes them on to sRGB.
  // Untagged ones it would take for P3.
  if (space === 'rgb16' && hasProfile) pixels.withIccProfile('srgb', { attach: false });
  return pixels.toColourspace('srgb');
};

/** A picture that sharp can open with the colours that were meant: HEIC becomes a TIFF; a profile stands for numbers. */
export const decodable = async (source: ImageSource, type: AcceptedType, maxPixels: number): Promise<ImageSource> => {
  if (type === 'image/heic') {
    const { decodeHeic } = await import('./heic.ts');
    return decodeHeic(await bytesOf(source), maxPixels);
  }
  if (type !== 'image/png' && type !== 'image/avif') return source;
  const { pngWithProfile, profileToldByNumbers } = await import('./numbered-colours.ts');
  const bytes = await bytesOf(source);
  const profile = await profileToldByNumbers(bytes, type);
  if (profile === null) return source;
  const png =
    type === 'image/png' ? bytes : await openPixels(source, { maxPixels }).png({ compressionLevel: 1 }).toBuffer();
  return pngWithProfile(png, profile);
};

export const bytesOf = async (source: ImageSource): Promise<Uint8Array> =>
  typeof source === 'string' ? readFile(source) : source;
