/** Every form of a right picture: what its four quarters have to look like once it is prepared. */
import sharp, { type Sharp } from 'sharp';
import { colourDistance, from, quarters } from '../images/pictures.ts';
import { type Specimen, specimen } from './specimen.ts';

export interface ColourSpecimen extends Specimen {
  /** Red, green, blue of each quarter: left above, right above, left below, right below. */
  readonly expected: readonly (readonly number[])[];
  readonly tolerance: number;
  /** Alpha of each quarter, where the form has one. */
  readonly alpha?: readonly number[];
}

export const quartersOf = [
  [220, 30, 30],
  [30, 180, 40],
  [30, 40, 210],
  [230, 220, 40],
] as const;
export const greys = [0, 85, 170, 255].map((value) => [value, value, value]);
export const size = { width: 64, height: 48 };

/** Which quarter a pixel lies in. */
export const quarterAt = (x: number, y: number): number => (y < size.height / 2 ? 0 : 2) + (x < size.width / 2 ? 0 : 1);

export const shown = (
  name: string,
  make: Specimen['make'],
  {
    expected = quartersOf,
    tolerance = 8,
    ...rest
  }: Partial<Pick<ColourSpecimen, 'expected' | 'tolerance' | 'alpha'>> = {},
): ColourSpecimen => ({ ...specimen(name, make), expected, tolerance, ...rest });

export const drawn = (): Sharp => from(quarters(size.width, size.height));

/** Interleaved samples of some kind for each pixel. */
export const samplesOf = (perQuarter: readonly (readonly number[])[], bytesPerSample: 1 | 2, big = true): Buffer => {
  const channels = perQuarter[0]?.length ?? 0;
  const bytes = Buffer.alloc(size.width * size.height * channels * bytesPerSample);
  let at = 0;
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) {
      for (const value of perQuarter[quarterAt(x, y)] ?? []) {
        if (bytesPerSample === 1) bytes[at] = value;
        else if (big) bytes.writeUInt16BE(value * 257, at);
        else bytes.writeUInt16LE(value * 257, at);
        at += bytesPerSample;
      }
    }
  }
  return bytes;
};

/** Says what is wrong with a prepared picture; nothing when all is right. */
export const colourFault = async (
  bytes: Uint8Array,
  { expected, tolerance, alpha }: ColourSpecimen,
): Promise<string | null> => {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const pixels = [0, 1, 2, 3].map((quarter) => {
    const x = Math.floor(info.width * (quarter % 2 === 0 ? 0.25 : 0.75));
    const y = Math.floor(info.height * (quarter < 2 ? 0.25 : 0.75));
    return [...data.subarray((y * info.width + x) * info.channels, (y * info.width + x + 1) * info.channels)];
  });
  // What shows nothing has no colour.
  const visible = pixels.map((_, quarter) => (alpha?.[quarter] ?? 255) > 0);
  const have = pixels.map((pixel) => pixel.slice(0, 3)).filter((_, quarter) => visible[quarter]);
  const want = expected.map((colour) => [...colour]).filter((_, quarter) => visible[quarter]);
  const distance = colourDistance(have, want);
  if (distance > tolerance) return `colours are off by ${distance}: ${JSON.stringify(pixels)}`;
  if (alpha === undefined) return null;
  const alphaIsOff = pixels.some((pixel, quarter) => Math.abs((pixel[3] ?? 255) - (alpha[quarter] ?? 0)) > 2);
  return info.channels !== 4 || alphaIsOff ? `alpha is off: ${JSON.stringify(pixels)}` : null;
};
