import type { Stats } from 'sharp';
import { RestageError } from '../operations/errors.ts';
import type { OutputFormat } from '../operations/operation.ts';
import { decode, openPixels, openUpright } from './decoder.ts';
import { defaultLimits } from './limits.ts';
import { isPlainFile } from './metadata.ts';
import { encodeAs, type PreparedImage } from './prepare.ts';
import { type ProbedImage, probeImage } from './probe.ts';

export interface VerifyOptions {
  /** Unset: PNG, JPEG and WebP stay what they are, all else becomes PNG. */
  readonly format?: OutputFormat;
  readonly maxPixels?: number;
  readonly signal?: AbortSignal;
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

const asked = (probed: ProbedImage, format: OutputFormat | undefined): 'image/png' | 'image/jpeg' | 'image/webp' => {
  if (format !== undefined) return `image/${format}`;
  const { contentType } = probed;
  return contentType === 'image/jpeg' || contentType === 'image/webp' ? contentType : 'image/png';
};

/**
 * Decodes a provider's result to its last pixel. The bytes come back as they are when they hold the right format and
 * nothing but pixels, else encoded anew: upright, sRGB, stripped.
 */
export const verifyOutput = async (
  bytes: Uint8Array,
  { format, maxPixels = defaultLimits.maxPixels, signal }: VerifyOptions = {},
): Promise<VerifiedImage> => {
  const work = async (): Promise<VerifiedImage> => {
    const probed = await probeImage(bytes, { maxPixels, ...(signal !== undefined && { signal }) });
    const contentType = asked(probed, format);
    const blank = isBlank(await decode(() => openPixels(bytes, { maxPixels }).stats(), signal));
    if (contentType === probed.contentType && probed.pages === 1 && isPlainFile(bytes, contentType)) {
      return { bytes, contentType, width: probed.width, height: probed.height, blank, encodedAnew: false };
    }
    const { data, info } = await decode(async () => {
      const pixels = await openUpright(bytes, maxPixels);
      return encodeAs(pixels, contentType).toBuffer({ resolveWithObject: true });
    }, signal);
    return { bytes: data, contentType, width: info.width, height: info.height, blank, encodedAnew: true };
  };
  return work().catch((error: unknown) => {
    signal?.throwIfAborted();
    throw broken(error);
  });
};
