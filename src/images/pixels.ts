/** sharp as the decoder process uses it: few decoders, no cache, and errors in our words. */
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { RestageError } from '../operations/errors.ts';

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

export const acceptedText = 'JPEG, PNG, WebP, AVIF, HEIC, GIF and TIFF images are accepted.';

export const unprocessable = (reason: string, cause?: unknown): RestageError =>
  new RestageError('unprocessable_image', reason, cause === undefined ? {} : { cause });

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
