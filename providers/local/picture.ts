import sharp from 'sharp';
import type { OutputFormat } from '../../src/operations/operation.ts';
import { LocalFailure } from './failure.ts';
import { at, clamp, item, makePlane, makeRaster, type Plane, type Raster } from './raster.ts';

export interface Loaded {
  readonly picture: Raster;
  readonly alpha: Plane | undefined;
}

/** Decodes, no larger than `side`. */
export const load = async (bytes: Uint8Array, side: number, what: string): Promise<Loaded> => {
  const { data, info } = await sharp(bytes, { failOn: 'error' })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new LocalFailure('unprocessable_image', `${what} cannot be read: ${String(cause).slice(0, 80)}`);
    });
  const picture = makeRaster(info.width, info.height);
  const alpha = makePlane(info.width, info.height);
  let solid = true;
  for (let i = 0; i < alpha.data.length; i++) {
    for (let c = 0; c < 3; c++) picture.data[i * 3 + c] = item(data, i * 4 + c) / 255;
    alpha.data[i] = item(data, i * 4 + 3) / 255;
    if (item(data, i * 4 + 3) < 255) solid = false;
  }
  return { picture, alpha: solid ? undefined : alpha };
};

/** Fixed dither: gradients of 8 bits would show bands. */
const toBytes = (picture: Raster): Buffer => {
  const out = Buffer.allocUnsafe(picture.data.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.round(clamp(at(picture.data, i)) * 255);
  return out;
};

interface OutputWish {
  readonly format: OutputFormat;
  /** Longest side in pixels, or null for the size the picture has. */
  readonly side: number | null;
}

export const encode = async (picture: Raster, { format, side }: OutputWish): Promise<Uint8Array> => {
  const { width, height } = picture;
  const raw = sharp(toBytes(picture), { raw: { width, height, channels: 3 } });
  const sized = side === null ? raw : raw.resize(width >= height ? { width: side } : { height: side });
  if (format === 'jpeg') return sized.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
  if (format === 'webp') return sized.webp({ quality: 92, effort: 3 }).toBuffer();
  return sized.png({ compressionLevel: 6 }).toBuffer();
};
