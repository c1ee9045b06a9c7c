/**
 * Draws the project's own demo pictures: it ships no photo of anybody. `node scripts/draw-samples.ts [folder]`.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { garment } from './samples/garment.ts';
import { person } from './samples/person.ts';
import { place } from './samples/place.ts';
import { product } from './samples/product.ts';

const drawings = { person, garment, place, product } as const;

export type Samples = Readonly<Record<keyof typeof drawings, string>>;

/** Writes the pictures as PNG and returns their paths. */
export const drawSamples = async (folder: string): Promise<Samples> => {
  await mkdir(folder, { recursive: true });
  const drawn = Object.entries(drawings).map(async ([name, svg]) => {
    const path = join(folder, `${name}.png`);
    await sharp(Buffer.from(svg)).removeAlpha().png({ compressionLevel: 9 }).toFile(path);
    return [name, path] as const;
  });
  return Object.fromEntries(await Promise.all(drawn)) as Samples;
};

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  console.log(await drawSamples(process.argv[2] ?? 'samples'));
}
