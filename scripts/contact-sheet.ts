/**
 * Every picture of a folder through the `local` provider's three operations, on one labelled sheet to look at.
 *
 * `node scripts/contact-sheet.ts <folder> <out.jpg> [--only=background,…] [--pictures=text] [--tile=256] [--singles=folder]`
 *
 * Roles come from file names: person-…, portrait…, worker…; garment-…; place-…; all others are products.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import sharp, { type OverlayOptions } from 'sharp';
import { lettering, lineHeight } from './contact-sheet/glyphs.ts';
import { type Row, rowsFor, type Shot } from './contact-sheet/shots.ts';
import { type Drawn, draw, endDrawing } from './local/draw.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: 'background,relight,compose' },
    pictures: { type: 'string', default: '' },
    tile: { type: 'string', default: '256' },
    singles: { type: 'string' },
  },
});
const [folder, out] = positionals;
if (folder === undefined || out === undefined) {
  console.error('Usage: node scripts/contact-sheet.ts <folder> <out.jpg> [--only=background,relight,compose]');
  process.exit(2);
}
const tile = Number(values.tile);
const labelHeight = 3 * lineHeight;
/** As many as the provider draws at once, so that the seconds are those of drawing. */
const limit = pLimit(2);

const read = async (from: string): Promise<ReadonlyMap<string, Uint8Array>> => {
  const files = (await readdir(from)).filter((file) => /\.(png|jpe?g|webp|avif|tiff?|gif)$/i.test(file)).sort();
  const entries = files.map(async (file) => [parse(file).name, await readFile(join(from, file))] as const);
  return new Map(await Promise.all(entries));
};

interface Tile {
  readonly label: string;
  readonly bytes: Uint8Array | undefined;
}

/** A failure is a result too: the sheet shows what it says. */
const tileOf = async (shot: Shot, pictures: ReadonlyMap<string, Uint8Array>, file: string): Promise<Tile> => {
  const options = { max_side: 1024, ...shot.options };
  const drawn = await draw({ ...shot, options }, pictures).catch((error: Error & { code?: string }) => error);
  if (drawn instanceof Error) return { label: `${shot.label}: ${drawn.message}`, bytes: undefined };
  if (values.singles !== undefined) await writeFile(join(values.singles, `${file}.png`), drawn.bytes);
  return { label: `${shot.label} ${secondsOf(drawn)}`, bytes: drawn.bytes };
};

const secondsOf = ({ seconds }: Drawn): string => `(${seconds.toFixed(1)} s)`;

const overlaysOf = async ({ label, bytes }: Tile, left: number, top: number): Promise<OverlayOptions[]> => {
  const words = bytes === undefined ? tile + labelHeight : labelHeight;
  const raw = { width: tile, height: words, channels: 1 } as const;
  const text = { input: lettering(label, tile, words), raw, left, top: top + tile + labelHeight - words };
  if (bytes === undefined) return [text];
  const small = await sharp(bytes)
    .resize(tile - 4, tile - 4, { fit: 'contain', background: '#ffffff' })
    .flatten({ background: '#ffffff' })
    .png()
    .toBuffer();
  return [text, { input: small, left: left + 2, top: top + 2 }];
};

const drawRow = async (row: Row, pictures: ReadonlyMap<string, Uint8Array>): Promise<readonly Tile[]> => {
  process.stderr.write(`${row.operation} ${row.picture}\n`);
  const shots = row.shots.map((shot, i) => limit(() => tileOf(shot, pictures, `${row.operation}-${row.picture}-${i}`)));
  const own = { label: `${row.operation}: ${row.picture}`, bytes: pictures.get(row.picture) };
  return [own, ...(await Promise.all(shots))];
};

const pictures = await read(folder);
if (pictures.size === 0) throw new Error(`There is no picture in ${folder}.`);
if (values.singles !== undefined) await mkdir(values.singles, { recursive: true });
const wanted = rowsFor([...pictures.keys()]).filter(
  ({ operation, picture }) => values.only.split(',').includes(operation) && picture.includes(values.pictures),
);
const lines: (readonly Tile[])[] = [];
for (const row of wanted) lines.push(await drawRow(row, pictures));
await endDrawing();
const overlays = lines.flatMap((line, y) =>
  line.map((each, x) => overlaysOf(each, x * tile, y * (tile + labelHeight))),
);
await sharp({
  create: {
    width: tile * Math.max(...lines.map((line) => line.length)),
    height: (tile + labelHeight) * lines.length,
    channels: 3,
    background: '#ffffff',
  },
})
  .composite((await Promise.all(overlays)).flat())
  .toFile(out);
console.log(out);
