import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import local from '../../../providers/local/index.ts';
import { drawSamples } from '../../../scripts/draw-samples.ts';
import { flat, svg } from './drawings.ts';
import { bright, drawn, type Look, look, type Run } from './support.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restage-local-'));
  await drawSamples(folder);
});

afterAll(async () => {
  await local.close?.();
  await rm(folder, { recursive: true });
});

type Fields = Readonly<Record<string, unknown>>;
const draw = (fields: Fields, run: Run = {}) =>
  drawn('relight', fields, { folder, options: { max_side: 512 }, ...run });
const lit = async (light: object, fields: Fields = { image: 'asset_person' }, run: Run = {}): Promise<Look> =>
  look((await draw({ ...fields, light }, run)).bytes);

const raw = (bytes: Uint8Array): Promise<Buffer> => sharp(bytes).removeAlpha().raw().toBuffer();
const mean = (list: Buffer, of: (value: number, i: number) => number): number =>
  list.reduce((sum, value, i) => sum + of(value, i), 0) / list.length;

type Part = readonly [left: number, top: number, right: number, bottom: number];

/** The left and the right half of the face, and of the chest. */
const face: readonly [Part, Part] = [
  [0.42, 0.15, 0.49, 0.28],
  [0.51, 0.15, 0.58, 0.28],
];
const chest: readonly [Part, Part] = [
  [0.36, 0.45, 0.46, 0.62],
  [0.54, 0.45, 0.64, 0.62],
];
const balance = (picture: Look, [left, right]: readonly [Part, Part]): number =>
  bright(picture.mean(...left)) / bright(picture.mean(...right));

describe('direction', () => {
  it('models face and body from the side the light comes from', async () => {
    const [left, right] = await Promise.all([
      lit({ direction: 'left', strength: 0.8 }),
      lit({ direction: 'right', strength: 0.8 }),
    ]);
    expect(balance(left, face)).toBeGreaterThan(1.25 * balance(right, face));
    expect(balance(left, chest)).toBeGreaterThan(1.4 * balance(right, chest));
  });

  it('lets the ground follow', async () => {
    const [left, right, above, below] = await Promise.all(
      ['left', 'right', 'above', 'below'].map((direction) => lit({ direction, strength: 0.8 })),
    );
    const west = (picture?: Look): number => bright(picture?.mean(0, 0, 0.15, 1) ?? [0, 0, 0]);
    const top = (picture?: Look): number => bright(picture?.mean(0, 0, 1, 0.1) ?? [0, 0, 0]);
    expect(west(left)).toBeGreaterThan(west(right) + 15);
    expect(top(above)).toBeGreaterThan(top(below) + 10);
  });

  it('lights a picture without a subject as one scene', async () => {
    const assets = { flat: await flat('#808080') };
    const picture = await lit({ direction: 'left' }, { image: 'asset_flat' }, { assets });
    expect(bright(picture.mean(0, 0, 0.2, 1))).toBeGreaterThan(bright(picture.mean(0.8, 0, 1, 1)) + 20);
  });

  it('does not take half of a view for a body', async () => {
    const picture = await lit({ direction: 'left', strength: 0.8 }, { image: 'asset_place' });
    // Light fades evenly across the jetty: no seam between neighbouring strips of it.
    const strips = Array.from({ length: 10 }, (_, i) => bright(picture.mean(i / 10, 0.85, (i + 1) / 10, 0.98)));
    const steps = strips.slice(1).map((value, i) => Math.abs(value - (strips[i] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan(30);
  });
});

describe('strength', () => {
  it('changes the picture the more, the stronger', async () => {
    const source = await raw(await sharp(join(folder, 'person.png')).resize(384, 512).png().toBuffer());
    const changes: number[] = [];
    for (const strength of [0, 0.25, 0.5, 0.75, 1]) {
      const { bytes } = await draw({ image: 'asset_person', light: { direction: 'left', strength } });
      const now = await raw(bytes);
      changes.push(mean(now, (value, i) => Math.abs(value - (source[i] ?? 0))));
    }
    expect(changes[0]).toBeLessThan(1.5);
    for (const [i, change] of changes.slice(1).entries()) expect(change).toBeGreaterThan((changes[i] ?? 0) + 1);
  });

  it('changes nothing at 0', async () => {
    const [same, source] = await Promise.all([
      draw({ image: 'asset_person', light: { strength: 0, direction: 'left' } }, { options: {} }),
      sharp(join(folder, 'person.png')).removeAlpha().raw().toBuffer(),
    ]);
    expect(Buffer.compare(await raw(same.bytes), source)).toBe(0);
  });

  it('clips no highlights: white cloth keeps its folds', async () => {
    const folds = Array.from(
      { length: 8 },
      (_, i) => `<rect x="${110 + i * 24}" y="80" width="10" height="240" fill="#e2e2e2"/>`,
    );
    const assets = {
      cloth: await svg(
        `<rect width="400" height="400" fill="#406080"/><rect x="100" y="70" width="200" height="260" fill="#f4f4f4"/>${folds.join('')}`,
      ),
    };
    const picture = await lit({ direction: 'left', strength: 1 }, { image: 'asset_cloth' }, { assets });
    const at = (x: number): number => bright(picture.mean((x - 2) / 400, 0.4, (x + 2) / 400, 0.6));
    for (const i of [1, 3, 5]) {
      const [before, fold, after] = [at(103 + i * 24), at(115 + i * 24), at(127 + i * 24)];
      expect(Math.max(before, after)).toBeLessThan(254);
      expect((before + after) / 2 - fold).toBeGreaterThan(4);
    }
  });
});

describe('colour', () => {
  const warmth = ([r, , b]: readonly [number, number, number]): number => r / b;

  it('comes from the words', async () => {
    const [warm, cold] = await Promise.all([
      lit({ direction: 'left', prompt: 'golden hour' }),
      lit({ direction: 'left', prompt: 'moonlight' }),
    ]);
    expect(warmth(warm.mean(0, 0, 1, 1))).toBeGreaterThan(warmth(cold.mean(0, 0, 1, 1)) * 1.3);
  });

  it('comes from both sides where the words name two', async () => {
    const picture = await lit({ direction: 'left', strength: 0.9, prompt: 'red and blue' });
    const [left, right] = chest.map((part) => warmth(picture.mean(...part)));
    expect(left).toBeGreaterThan((right ?? 0) * 1.3);
  });

  it('follows a reference: its bright side, and the colours of both', async () => {
    const assets = {
      sunset: await svg(
        '<rect width="400" height="400" fill="#203080"/><rect x="200" width="200" height="400" fill="#ff9040"/>',
      ),
    };
    const fields = { image: 'asset_grey' };
    const grey = await svg(
      '<rect width="400" height="400" fill="#909090"/><circle cx="200" cy="200" r="110" fill="#c8c8c8"/>',
    );
    const picture = await lit({ reference: 'asset_sunset', strength: 0.9 }, fields, { assets: { ...assets, grey } });
    const [left, right] = [picture.mean(0.28, 0.4, 0.4, 0.6), picture.mean(0.6, 0.4, 0.72, 0.6)];
    expect(bright(right)).toBeGreaterThan(bright(left) * 1.15);
    expect(warmth(right)).toBeGreaterThan(warmth(left) * 1.3);
  });

  it('leaves the subject’s pixels alone at preserve_subject 1', async () => {
    const assets = {
      disc: await svg(
        '<rect width="400" height="400" fill="#e8e8e8"/><circle cx="200" cy="200" r="110" fill="#a03030"/>',
      ),
    };
    const light = { direction: 'left', strength: 0.9, prompt: 'neon' };
    const picture = await lit(light, { image: 'asset_disc', preserve_subject: 1 }, { assets });
    expect(picture.mean(0.4, 0.4, 0.6, 0.6).map(Math.round)).toEqual([0xa0, 0x30, 0x30]);
  });
});
