import { openUpright } from './pixels.ts';
import type { PreparedImage } from './prepare.ts';

/** Small WebP copies of our own pictures; the quality is that of a preview. Never larger than the picture. */
export const makeThumbnail = async (
  source: Uint8Array | string,
  { width, maxPixels }: { width: number; maxPixels: number },
): Promise<PreparedImage> => {
  const pixels = await openUpright(source, maxPixels);
  // Tall pictures may be four times as high as wide.
  pixels.resize({ width, height: width * 4, fit: 'inside', withoutEnlargement: true });
  const { data, info } = await pixels.webp({ quality: 80, effort: 3 }).toBuffer({ resolveWithObject: true });
  return { bytes: data, contentType: 'image/webp', width: info.width, height: info.height };
};
