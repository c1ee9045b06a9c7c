/** What every picture is that this gateway gives on. */
import sharp from 'sharp';
import { type PreparedImage, prepareImage } from '../../src/images/prepare.ts';
import { RestageError } from '../../src/operations/errors.ts';
import { pngChunksOf } from './png.ts';

const metadataKinds = ['exif', 'icc', 'xmp', 'iptc', 'orientation', 'comments', 'tifftagPhotoshop', 'gainMap'] as const;

/** Says what is left of metadata or missing of sRGB; nothing when all is right. */
export const impurity = async (bytes: Uint8Array): Promise<string | null> => {
  const facts = await sharp(bytes).metadata();
  const left = metadataKinds.filter((kind) => facts[kind as keyof typeof facts] !== undefined);
  if (left.length > 0) return `${left.join(', ')} is left`;
  if (facts.space !== 'srgb' || facts.depth !== 'uchar' || (facts.pages ?? 1) !== 1) {
    return `it is ${facts.space} of ${facts.depth}, ${facts.pages} pages`;
  }
  if (facts.format !== 'png') return null;
  const names = [...pngChunksOf(Buffer.from(bytes))].map(({ name }) => name);
  const odd = names.filter((name) => !['IHDR', 'PLTE', 'tRNS', 'pHYs', 'IDAT', 'IEND'].includes(name));
  return odd.length > 0 ? `${odd.join(', ')} is left` : null;
};

/** The prepared picture, or null where it was refused as it should; throws for every other end. */
export const preparedOrRefused = async (bytes: Uint8Array): Promise<PreparedImage | null> => {
  try {
    return await prepareImage(bytes);
  } catch (error) {
    if (error instanceof RestageError && error.code === 'unprocessable_image') return null;
    throw error;
  }
};
