import { open } from 'node:fs/promises';
import sharp, { type Metadata } from 'sharp';
import { RestageError } from '../operations/errors.ts';
import { acceptedText, checkedType, unprocessable } from './accepted.ts';
import { defaultLimits, maxDecodedSide, maxFrames, maxPixelsOf } from './limits.ts';
import { checkParts, hasParts } from './parts.ts';
import { bytesOf, type ImageSource } from './pixels.ts';
import { type AcceptedType, sniffBytes } from './sniff.ts';

/** What an image says about itself in its header; no pixel was decoded. */
export interface ProbedImage {
  readonly contentType: AcceptedType;
  /** Upright, as people see it. */
  readonly width: number;
  readonly height: number;
  /** Frames or pages; only the first is ever used. */
  readonly pages: number;
  readonly hasAlpha: boolean;
  /** Of EXIF, 1–8; what `width` and `height` account for already. */
  readonly orientation: number;
}

const headOf = async (source: ImageSource): Promise<Uint8Array> => {
  if (typeof source !== 'string') return source.subarray(0, sniffBytes);
  const file = await open(source, 'r');
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(sniffBytes), 0, sniffBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

type Facts = Pick<
  Metadata,
  'width' | 'height' | 'pages' | 'channels' | 'depth' | 'hasAlpha' | 'orientation' | 'autoOrient'
>;

/** Refuses by the header alone what would cost too much, or whose colours have no sure meaning. */
const checkFacts = (type: AcceptedType, facts: Facts, maxImagePixels: number): void => {
  const { width, height, pages = 1, channels, depth } = facts;
  const maxPixels = Math.min(maxImagePixels, maxPixelsOf[type] ?? maxImagePixels);
  if (width > maxDecodedSide || height > maxDecodedSide) {
    throw unprocessable(
      `The image has ${width} x ${height} pixels; no side may be longer than ${maxDecodedSide}. Make it smaller.`,
    );
  }
  if (width * height > maxPixels) {
    throw unprocessable(
      `The image has ${width} x ${height} pixels; at most ${maxPixels} in all are accepted${maxPixels < maxImagePixels ? ' of this format. Make it smaller or save it as JPEG' : '. Make it smaller'}.`,
    );
  }
  if (pages > maxFrames) {
    throw unprocessable(`The image has ${pages} frames; at most ${maxFrames} are accepted. Send the first one alone.`);
  }
  if (channels > 5 || (depth !== 'uchar' && depth !== 'ushort')) {
    throw unprocessable('The image has to have at most four colour channels of 8 or 16 bits. Convert it to 8-bit RGB.');
  }
};

/** The header as the format's own reader tells it. */
const factsOf = async (source: ImageSource, type: AcceptedType): Promise<Facts> => {
  if (type !== 'image/heic') return sharp(source, { limitInputPixels: false, failOn: 'none' }).metadata();
  const { probeHeic } = await import('./heic.ts');
  const { hasAlpha, ...facts } = probeHeic(await bytesOf(source));
  // Its decoder turns the picture itself, whatever EXIF says.
  return { ...facts, hasAlpha, channels: hasAlpha ? 4 : 3, depth: 'uchar', autoOrient: facts };
};

/** Reads an image's header by content, from bytes or a file. Name and header of a request play no part. */
export const probeImage = async (
  source: ImageSource,
  { maxPixels = defaultLimits.maxPixels }: { maxPixels?: number } = {},
): Promise<ProbedImage> => {
  const contentType = checkedType(await headOf(source));
  if (hasParts(contentType)) checkParts(await bytesOf(source), contentType);
  const facts = await factsOf(source, contentType).catch((error: unknown) => {
    if (error instanceof RestageError) throw error;
    throw unprocessable(`The image is damaged, or not what it seems to be. ${acceptedText}`, error);
  });
  checkFacts(contentType, facts, maxPixels);
  const { width, height } = facts.autoOrient;
  return {
    contentType,
    width,
    height,
    pages: facts.pages ?? 1,
    hasAlpha: facts.hasAlpha,
    orientation: facts.orientation ?? 1,
  };
};
