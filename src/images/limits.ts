import { RestageError } from '../operations/errors.ts';

/** Of one image, from the operator's `limits`. */
export interface ImageLimits {
  readonly maxBytes: number;
  readonly maxPixels: number;
}

export const defaultLimits: ImageLimits = { maxBytes: 50 * 1024 * 1024, maxPixels: 50_000_000 };

/** Longest side of anything decoded; WebP and common GPUs end here too. */
export const maxDecodedSide = 16_384;
/** These are decoded whole, with several copies of all their pixels: 20 million take about 460 MB. */
export const maxPixelsOf: Partial<Record<string, number>> = { 'image/avif': 20_000_000 };
/** Frames or pages of one file. Only the first is used, but the header of each is read. */
export const maxFrames = 1000;

export const imageTooLarge = (maxBytes: number, bytes?: number): RestageError =>
  new RestageError(
    'too_large',
    bytes === undefined
      ? `The image is larger than the limit of ${maxBytes} bytes. Send a smaller one.`
      : `The image has ${bytes} bytes; the limit is ${maxBytes} bytes. Send a smaller one.`,
  );

/** Widths in pixels that thumbnails come in: lists, cards and previews, at one and two pixels a point. */
export const thumbnailWidths = [160, 320, 640, 1280] as const;

/** What we write: results, assets, inputs of providers. */
export const outputTypes = ['image/png', 'image/jpeg', 'image/webp'] as const;
