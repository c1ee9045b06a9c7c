import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import local from '../../../providers/local/index.ts';
import { drawSamples } from '../../../scripts/draw-samples.ts';
import { block, flat, inBlock, svg } from './drawings.ts';
import { bright, drawn, look, type Run } from './support.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restage-local-'));
  await drawSamples(folder);
});

afterAll(async () => {
  await local.close?.();
  await rm(folder, { recursive: true });
});

const draw = (fields: Readonly<Record<string, unknown>>, run: Run = {}) =>
  drawn('background', fields, { folder, options: { max_side: 512 }, ...run });

const seen = async (fields: Readonly<Record<string, unknown>>, run: Run = {}) => look((await draw(fields, run)).bytes);

const corners = [
  [0, 0],
  [0.95, 0],
  [0, 0.95],
  [0.95, 0.95],
] as const;

describe('a colour', () => {
  it('fills every corner exactly', async () => {
    const picture = await seen({ image: 'asset_product', background: { color: '#20c040' } });
    for (const [left, top] of corners) {
      const [r, g, b] = picture.mean(left, top, left + 0.05, top + 0.05);
      expect(Math.max(Math.abs(r - 0x20), Math.abs(g - 0xc0), Math.abs(b - 0x40))).toBeLessThanOrEqual(2);
    }
    const [r, g] = picture.mean(...inBlock);
    expect(g - r).toBeLessThan(120);
  });

  it('leaves the subject’s pixels alone at preserve_subject 1', async () => {
    const assets = { block: await block('#d02020') };
    const fields = { image: 'asset_block', background: { color: '#2020ff' }, preserve_subject: 1 };
    const picture = await seen(fields, { assets });
    expect(picture.mean(...inBlock).map(Math.round)).toEqual([0xd0, 0x20, 0x20]);
  });

  it('keeps a person cut by the frame where they were', async () => {
    const fields = { image: 'asset_person', background: { color: 'white' }, preserve_subject: 1 };
    const [picture, source] = await Promise.all([
      seen(fields),
      sharp(join(folder, 'person.png')).resize(384, 512).toBuffer().then(look),
    ]);
    const parts: readonly (readonly [number, number, number, number])[] = [
      [0.46, 0.17, 0.54, 0.28],
      [0.42, 0.5, 0.58, 0.6],
      [0.4, 0.9, 0.48, 0.99],
    ];
    for (const part of parts) {
      const [now, before] = [picture.mean(...part), source.mean(...part)];
      expect(Math.max(...now.map((value, c) => Math.abs(value - (before[c] ?? 0))))).toBeLessThan(3);
    }
  });
});

describe('an image', () => {
  it('is shown exactly around the subject, covering the whole', async () => {
    const assets = { blue: await flat('#2040ff') };
    const picture = await seen({ image: 'asset_product', background: { image: 'asset_blue' } }, { assets });
    for (const [left] of corners)
      expect(picture.mean(left, 0, left + 0.05, 0.05).map(Math.round)).toEqual([0x20, 0x40, 0xff]);
  });

  it('goes out of focus with background_depth', async () => {
    const stripes = Buffer.from(
      `<svg width="512" height="512"><rect width="512" height="512" fill="#fff"/>${Array.from(
        { length: 32 },
        (_, i) => `<rect x="${i * 16}" width="8" height="512"/>`,
      ).join('')}</svg>`,
    );
    const assets = { stripes: await sharp(stripes).png().toBuffer() };
    const contrast = async (background_depth: number): Promise<number> => {
      const fields = { image: 'asset_product', background: { image: 'asset_stripes' }, background_depth };
      const picture = await seen(fields, { assets });
      const [dark, light] = [picture.mean(0.035, 0, 0.043, 0.05), picture.mean(0.051, 0, 0.058, 0.05)];
      return bright(light) - bright(dark);
    };
    const [sharpest, half, softest] = await Promise.all([contrast(0), contrast(0.3), contrast(1)]);
    expect(sharpest).toBeGreaterThan(200);
    expect(half).toBeLessThan(sharpest - 50);
    expect(softest).toBeLessThan(half - 20);
  });

  it('lends its palette as a reference, and nothing sharp', async () => {
    const halves = await svg(
      '<rect width="400" height="400" fill="#d02020"/><rect width="200" height="400" fill="#20a0d0"/>',
    );
    const assets = { halves };
    const picture = await seen({ image: 'asset_product', background: { reference: 'asset_halves' } }, { assets });
    const [left, right] = [picture.mean(0, 0, 0.1, 0.3), picture.mean(0.9, 0, 1, 0.3)];
    expect(left[2] - left[0]).toBeGreaterThan(80);
    expect(right[0] - right[2]).toBeGreaterThan(80);
    const [before, after] = [picture.mean(0.47, 0, 0.49, 0.04), picture.mean(0.51, 0, 0.53, 0.04)];
    expect(Math.abs(before[0] - after[0])).toBeLessThan(40);
  });
});

describe('words', () => {
  it('draw the named colour behind the subject', async () => {
    const [green, red] = await Promise.all([
      seen({ image: 'asset_product', background: { prompt: 'an emerald green studio' } }),
      seen({ image: 'asset_product', background: { prompt: 'a scarlet studio' } }),
    ]);
    const [behindGreen, behindRed] = [green.mean(0.05, 0.3, 0.2, 0.5), red.mean(0.05, 0.3, 0.2, 0.5)];
    expect(behindGreen[1] - behindGreen[0]).toBeGreaterThan(50);
    expect(behindRed[0] - behindRed[1]).toBeGreaterThan(80);
  });

  it('draw the same for the same seed and other clouds for another picture', async () => {
    const fields = { image: 'asset_product', background: { prompt: 'sky' }, seed: 5 };
    const [one, again, other] = await Promise.all([draw(fields), draw(fields), draw(fields, { picture: 1 })]);
    expect(Buffer.compare(one.bytes, again.bytes)).toBe(0);
    expect(Buffer.compare(one.bytes, other.bytes)).not.toBe(0);
  });
});

describe('keep_background', () => {
  it('holds the old background and takes its light from what was sent', async () => {
    const fields = (strength: number) => ({
      image: 'asset_person',
      background: { color: 'red' },
      keep_background: true,
      light: { strength },
    });
    const [still, lit, source] = await Promise.all([
      seen(fields(0)),
      seen(fields(0.8)),
      sharp(join(folder, 'person.png')).resize(384, 512).toBuffer().then(look),
    ]);
    expect(Math.abs(bright(still.mean(0, 0, 0.1, 0.1)) - bright(source.mean(0, 0, 0.1, 0.1)))).toBeLessThan(2);
    const redness = ([r, g]: readonly [number, number, number]): number => r / g;
    expect(redness(lit.mean(0, 0, 1, 1))).toBeGreaterThan(redness(source.mean(0, 0, 1, 1)) * 1.1);
  });
});

describe('what defeats it', () => {
  it('says what to send when there is no subject', async () => {
    const assets = { flat: await flat('#808080') };
    const attempt = draw({ image: 'asset_flat', background: { color: 'red' } }, { assets });
    await expect(attempt).rejects.toMatchObject({
      name: 'ProviderError',
      code: 'no_subject_found',
      message: expect.stringContaining('image'),
    });
  });

  it('calls a broken picture broken', async () => {
    const assets = { broken: new Uint8Array([137, 80, 78, 71, 1, 2, 3]) };
    const attempt = draw({ image: 'asset_broken', background: { color: 'red' } }, { assets });
    await expect(attempt).rejects.toMatchObject({ code: 'unprocessable_image' });
  });
});
