import type { Stats } from 'sharp';
import { RestageError } from '../operations/errors.ts';
import type { OutputFormat } from '../operations/operation.ts';
import { withoutDensity } from './density.ts';
import { encodeResult, type OutputType } from './encode.ts';
import { defaultLimits } from './limits.ts';
import { isPlainFile } from './metadata.ts';
import { bytesOf, decodable, type ImageSource, openPixels, openUpright } from './pixels.ts';
import type { PreparedImage } from './prepare.ts';
import { type ProbedImage, probeImage } from './probe.ts';

export interface VerifyOptions {
  /** Unset: PNG, JPEG and WebP stay what they are, all else becomes PNG. */
  readonly format?: OutputFormat;
  readonly maxPixels?: number;
}

export interface VerifiedImage extends PreparedImage {
  /** One colour all over: nobody asked for that. */
  readonly blank: boolean;
  /** Whether the bytes are not those that came. */
  readonly encodedAnew: boolean;
}

/** Rounding and compression move a channel's values by about so much. */
const flatSpread = 2;

/** Whether every channel, alpha too, is the same all over; or nothing can be seen at all. */
export const isBlank = ({ channels }: Pick<Stats, 'channels'>): boolean => {
  const alpha = channels.length === 2 || channels.length === 4 ? channels.at(-1) : undefined;
  return alpha?.max === 0 || channels.every(({ min, max }) => max - min <= flatSpread);
};

const broken = (cause: unknown): RestageError =>
  new RestageError('provider_error', 'The provider returned something that is no complete picture.', {
    cause,
    retryable: true,
  });

const asked = (probed: ProbedImage, format: OutputFormat | undefined): OutputType => {
  if (format !== undefined) return `image/${format}`;
  const { contentType } = probed;
  return contentType === 'image/jpeg' || contentType === 'image/webp' ? contentType : 'image/png';
};

/**
 * Decodes a provider's result to its last pixel. The bytes come back as they are when they hold the right format and
 * nothing but pixels, else encoded anew: upright, sRGB, stripped.
 */
export const verifyOutput = async (
  source: ImageSource,
  { format, maxPixels = defaultLimits.maxPixels }: VerifyOptions = {},
): Promise<VerifiedImage> => {
  try {
    const probed = await probeImage(source, { maxPixels });
    const contentType = asked(probed, format);
    const pixelSource = await decodable(source, probed.contentType, maxPixels);
    const blank = isBlank(await openPixels(pixelSource, { maxPixels }).stats());
    if (contentType === probed.contentType && probed.pages === 1) {
      const bytes = await bytesOf(source);
      const { width, height } = probed;
      if (isPlainFile(bytes, contentType)) return { bytes, contentType, width, height, blank, encodedAnew: false };
    }
    const pixels = await openUpright(pixelSource, maxPixels);
    const { data, info } = await encodeResult(pixels, contentType).toBuffer({ resolveWithObject: true });
    return {
      bytes: withoutDensity(data),
      contentType,
      width: info.width,
      height: info.height,
      blank,
      encodedAnew: true,
    };
  } catch (error) {
    throw broken(error);
  }
};
