import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import local from '../../../providers/local/index.ts';
import { drawSamples } from '../../../scripts/draw-samples.ts';
import { block, flat, inBlock } from './drawings.ts';
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

describe('light and shadow of a new background', () => {
  const onWhite = (light: object) =>
    seen({ image: 'asset_product', background: { color: 'white' }, light: { strength: 0.05, ...light } });

  it('is darkest right below the subject, and falls away from the light', async () => {
    const [left, right] = await Promise.all([onWhite({ direction: 'left' }), onWhite({ direction: 'right' })]);
    const [west, east] = [
      [0.2, 0.8, 0.32, 0.87],
      [0.68, 0.8, 0.8, 0.87],
    ] as const;
    for (const picture of [left, right]) {
      const below = bright(picture.mean(0.46, 0.885, 0.54, 0.895));
      expect(below).toBeLessThan(bright(picture.mean(0.46, 0.97, 0.54, 0.99)) - 25);
    }
    const tilt = (picture: typeof left): number => bright(picture.mean(...west)) - bright(picture.mean(...east));
    expect(tilt(left)).toBeGreaterThan(tilt(right) + 8);
  });

  it('draws the subject’s colour toward the backdrop, the more the less it is preserved', async () => {
    const assets = { block: await block('#c0c0c0'), blue: await flat('#1840ff') };
    const blueness = await Promise.all(
      [0, 0.5, 1].map(async (preserve_subject) => {
        const fields = { image: 'asset_block', background: { image: 'asset_blue' }, preserve_subject };
        const [r, , b] = (await seen(fields, { assets })).mean(...inBlock);
        return b - r;
      }),
    );
    const [none = 0, half = 0, full = 0] = blueness;
    expect(none).toBeGreaterThan(half + 8);
    expect(half).toBeGreaterThan(full + 15);
    expect(full).toBeCloseTo(0, 0);
  });

  it('darkens the subject in a dark place', async () => {
    const assets = { block: await block('#c0c0c0'), night: await flat('#080810'), day: await flat('#e8e8e8') };
    const level = async (place: string): Promise<number> =>
      bright((await seen({ image: 'asset_block', background: { image: place } }, { assets })).mean(...inBlock));
    const [night, day] = await Promise.all([level('asset_night'), level('asset_day')]);
    expect(night).toBeLessThan(day * 0.75);
  });

  it('mirrors the subject in a glossy ground', async () => {
    const assets = { block: await block('#e01010') };
    const redness = async (prompt: string): Promise<number> => {
      const [r, g] = (await seen({ image: 'asset_block', background: { prompt } }, { assets })).mean(
        0.45,
        0.95,
        0.55,
        1,
      );
      return r - g;
    };
    const [glossy, dull] = await Promise.all([redness('glossy white studio'), redness('white studio')]);
    expect(glossy).toBeGreaterThan(dull + 10);
  });
});
