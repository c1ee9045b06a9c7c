import type { Sharp } from 'sharp';
import type { outputTypes } from './limits.ts';

export type OutputType = (typeof outputTypes)[number];
type Encoders = Record<OutputType, (pixels: Sharp) => Sharp>;

/** For whoever encodes once more: loss is kept invisible, and time comes before size. */
const forInputs: Encoders = {
  'image/png': (pixels) => pixels.png({ compressionLevel: 2, adaptiveFiltering: false }),
  // Better tables would need a second pass, with all pixels in memory.
  'image/jpeg': (pixels) => pixels.jpeg({ quality: 95, chromaSubsampling: '4:4:4', optimiseCoding: false }),
  'image/webp': (pixels) => pixels.webp({ quality: 95, effort: 2 }),
};

/** For people, who look at them and download them: no visible loss, sharp edges of colour, sensible sizes. */
const forResults: Encoders = {
  'image/png': (pixels) => pixels.png({ compressionLevel: 6, adaptiveFiltering: true }),
  'image/jpeg': (pixels) => pixels.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }),
  'image/webp': (pixels) => pixels.webp({ quality: 92, effort: 4, smartSubsample: true }),
};

/** Writes pixels in a type; JPEG has no alpha, so what shows through becomes white. */
const encode = (pixels: Sharp, contentType: OutputType, encoders: Encoders): Sharp =>
  encoders[contentType](contentType === 'image/jpeg' ? pixels.flatten({ background: '#ffffff' }) : pixels);

export const encodeInput = (pixels: Sharp, type: OutputType): Sharp => encode(pixels, type, forInputs);
export const encodeResult = (pixels: Sharp, type: OutputType): Sharp => encode(pixels, type, forResults);
