import { RestageError } from '../operations/errors.ts';
import { unprocessable } from './accepted.ts';
import { withoutDensity } from './density.ts';
import { encodeInput, type OutputType } from './encode.ts';
import { defaultLimits, maxDecodedSide, outputTypes } from './limits.ts';
import { decodable, type ImageSource, openUpright } from './pixels.ts';
import { type ProbedImage, probeImage } from './probe.ts';

export interface PrepareOptions {
  /** Types that may come out, the preferred first. Photos become JPEG and all else PNG where both are allowed. */
  readonly types?: readonly string[];
  /** Longest side in pixels; larger images are made smaller, smaller ones left. */
  readonly maxSide?: number;
  readonly maxPixels?: number;
}

/** Upright, sRGB, 8 bits, without metadata, one frame. */
export interface PreparedImage {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
}

/** What cameras write, and what lost something already. */
const photoTypes = ['image/jpeg', 'image/heic', 'image/avif'];

const outputType = (probed: ProbedImage, types: readonly string[]): OutputType => {
  const allowed = outputTypes.filter((type) => types.includes(type));
  const natural = photoTypes.includes(probed.contentType) && !probed.hasAlpha ? 'image/jpeg' : 'image/png';
  const chosen =
    allowed.find((type) => type === natural) ?? types.find((type) => allowed.some((other) => other === type));
  if (chosen === undefined)
    throw new TypeError(`Images can be made as ${outputTypes.join(', ')}, not ${types.join(', ')}`);
  return chosen as OutputType;
};

/** Brings an image into the form that every provider gets. Its colours are those that were meant: profiles are applied. */
export const prepareImage = async (source: ImageSource, options: PrepareOptions = {}): Promise<PreparedImage> => {
  const { types = outputTypes, maxSide = maxDecodedSide, maxPixels = defaultLimits.maxPixels } = options;
  const probed = await probeImage(source, { maxPixels });
  const contentType = outputType(probed, types);
  try {
    const pixels = await openUpright(await decodable(source, probed.contentType, maxPixels), maxPixels);
    pixels.resize({ width: maxSide, height: maxSide, fit: 'inside', withoutEnlargement: true });
    const { data, info } = await encodeInput(pixels, contentType).toBuffer({ resolveWithObject: true });
    return { bytes: withoutDensity(data), contentType, width: info.width, height: info.height };
  } catch (error) {
    if (error instanceof RestageError) throw error;
    throw unprocessable('The image is damaged or incomplete. Save it anew and send it again.', error);
  }
};
