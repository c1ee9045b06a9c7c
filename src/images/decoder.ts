/** sharp as this process uses it: few decoders, bounded at once, and errors in our words. */
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
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

export const acceptedText = 'JPEG, PNG, WebP, AVIF, GIF and TIFF images are accepted.';

export const unprocessable = (reason: string, cause?: unknown): RestageError =>
  new RestageError('unprocessable_image', reason, cause === undefined ? {} : { cause });

/** Longest time one decode may take. */
const decodeTimeoutS = 30;

/** Opens an image that was probed before. `maxPixels` is a second wall, behind the probe. */
export const openPixels = (
  source: Uint8Array | string,
  { maxPixels, ...options }: SharpOptions & { maxPixels: number },
): Sharp =>
  sharp(source, { failOn: 'error', limitInputPixels: maxPixels, ...options }).timeout({ seconds: decodeTimeoutS });

/** Opens it upright, in sRGB of 8 bits, as its colours were meant. */
export const openUpright = async (source: Uint8Array, maxPixels: number): Promise<Sharp> => {
  const pixels = openPixels(source, { maxPixels, autoOrient: true });
  const { space, hasProfile } = await pixels.metadata();
  // sharp 0.35 takes tagged 16-bit colours to Display P3 and leaves them there untagged; this takes them on to sRGB.
  // Untagged ones it would take for P3.
  if (space === 'rgb16' && hasProfile) pixels.withIccProfile('srgb', { attach: false });
  return pixels.toColourspace('srgb');
};

/** The libuv pool has four threads by default; one stays free for files and name resolution. */
const limit = pLimit(Math.max(1, Math.min(availableParallelism(), Number(process.env.UV_THREADPOOL_SIZE ?? 4) - 1)));

/** Runs a decode when there is a core for it. An aborted signal keeps it from starting, and rejects at once. */
export const decode = async <Value>(work: () => Promise<Value>, signal?: AbortSignal): Promise<Value> => {
  signal?.throwIfAborted();
  const running = limit(async () => {
    signal?.throwIfAborted();
    return work();
  });
  if (signal === undefined) return running;
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([running, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    running.catch(() => {});
  }
};
