/**
 * Draws the pictures of docs/local-provider.md: the project's own samples, before and after, through the provider.
 *
 * `node scripts/draw-docs.ts [folder]`
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { draw, endDrawing } from './local/draw.ts';
import { garment } from './samples/garment.ts';
import { person } from './samples/person.ts';
import { place } from './samples/place.ts';
import { product } from './samples/product.ts';

const height = 360;
const gap = 6;

/** What is shown beside each other: a sample by its name, or a request to draw. */
type Shown = string | { readonly operation: string; readonly fields: object };

const onto = (background: object, more: object = {}): Shown => ({
  operation: 'background',
  fields: { image: 'asset_product', background, ...more },
});
const lit = (image: string, light: object): Shown => ({ operation: 'relight', fields: { image, light } });
const composed = (fields: object): Shown => ({ operation: 'compose', fields: { person: 'asset_person', ...fields } });

const pictures: Readonly<Record<string, readonly Shown[]>> = {
  background: ['product', onto({ color: '#d8b4a0' }), onto({ image: 'asset_place' }), onto({ prompt: 'white marble' })],
  scenes: [
    onto({ prompt: 'a beach at sunset' }),
    onto({ prompt: 'a forest in the morning' }),
    onto({ prompt: 'a neon city at night' }),
    onto({ prompt: 'a sage green wall' }),
  ],
  'relight-person': [
    'person',
    lit('asset_person', { direction: 'left', strength: 0.8 }),
    lit('asset_person', { direction: 'right', strength: 0.8 }),
    lit('asset_person', { prompt: 'neon from the left', strength: 0.8 }),
  ],
  'relight-product': [
    'product',
    lit('asset_product', { direction: 'left', strength: 0.8 }),
    lit('asset_product', { prompt: 'golden hour from the right', strength: 0.8 }),
    lit('asset_product', { reference: 'asset_place', strength: 0.8 }),
  ],
  compose: [
    'person',
    'garment',
    'place',
    composed({ garments: ['asset_garment'], place: 'asset_place', aspect_ratio: '3:4' }),
  ],
};

const samples = Object.entries({ garment, person, place, product }).map(
  async ([name, svg]) => [name, await sharp(Buffer.from(svg)).removeAlpha().png().toBuffer()] as const,
);
const sources: ReadonlyMap<string, Uint8Array> = new Map(await Promise.all(samples));

const bytesOf = async (shown: Shown): Promise<Uint8Array> => {
  if (typeof shown !== 'string') {
    const { bytes } = await draw({ ...shown, fields: { ...shown.fields }, options: { max_side: 1024 } }, sources);
    return bytes;
  }
  const source = sources.get(shown);
  if (source === undefined) throw new Error(`no sample ${shown}`);
  return source;
};

const strip = async (row: readonly Shown[]): Promise<Buffer> => {
  const parts = await Promise.all(
    row.map(async (shown) =>
      sharp(await bytesOf(shown))
        .resize({ height })
        .toBuffer({ resolveWithObject: true }),
    ),
  );
  const lefts = parts.map((_, i) => parts.slice(0, i).reduce((sum, { info }) => sum + info.width + gap, 0));
  const width = parts.reduce((sum, { info }) => sum + info.width + gap, -gap);
  return sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite(parts.map(({ data }, i) => ({ input: data, left: lefts[i] ?? 0, top: 0 })))
    .webp({ quality: 92, effort: 6 })
    .toBuffer();
};

const folder = process.argv[2] ?? 'docs/images';
await mkdir(folder, { recursive: true });
for (const [name, row] of Object.entries(pictures)) {
  const file = join(folder, `local-${name}.webp`);
  const bytes = await strip(row);
  await writeFile(file, bytes);
  console.log(`${file} ${(bytes.length / 1000).toFixed(0)} kB`);
}
await endDrawing();
