import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import local from '../../../providers/local/index.ts';
import { drawSamples } from '../../../scripts/draw-samples.ts';
import { drawn, look, type Run } from './support.ts';

let folder = '';
const small = { max_side: 512 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restage-local-'));
  await drawSamples(folder);
});

afterAll(async () => {
  await local.close?.();
  await rm(folder, { recursive: true });
});

const draw = (operation: string, fields: Readonly<Record<string, unknown>>, run: Run = {}) =>
  drawn(operation, fields, { folder, options: small, ...run });

describe('compose', () => {
  it('puts the person, in the garment, in the place', async () => {
    const fields = { person: 'asset_person', garments: ['asset_garment'], place: 'asset_place' };
    const [seen, bare] = await Promise.all([
      draw('compose', fields).then(({ bytes }) => look(bytes)),
      draw('compose', { person: 'asset_person', place: 'asset_place' }).then(({ bytes }) => look(bytes)),
    ]);
    const chest = [0.45, 0.5, 0.55, 0.55] as const;
    const redness = ([r, , b]: readonly [number, number, number]): number => r - b;
    expect(redness(seen.mean(...chest))).toBeGreaterThan(redness(bare.mean(...chest)) + 50);
    const face = seen.mean(0.47, 0.18, 0.53, 0.25);
    expect(face[0] - face[2]).toBeGreaterThan(20);
    const sky = seen.mean(0, 0, 0.2, 0.08);
    expect(sky[2] - sky[0]).toBeGreaterThan(20);
  });

  it('says so when garments have no body to go on', async () => {
    const fields = { person: 'asset_product', garments: ['asset_garment'], prompt: 'studio' };
    await expect(draw('compose', fields)).rejects.toMatchObject({
      code: 'no_subject_found',
      message: expect.stringContaining('face'),
    });
  });

  it.each([
    ['jpeg', '16:9', '1K', 1024, 576],
    ['webp', '9:16', '1K', 576, 1024],
    ['png', 'match', '1K', 1024, 1024],
  ])('answers %s in %s at %s', async (format, aspect, resolution, width, height) => {
    const fields = {
      person: 'asset_person',
      place: 'asset_place',
      output_format: format,
      aspect_ratio: aspect,
      resolution,
    };
    const { bytes, contentType } = await draw('compose', fields, { options: {} });
    expect(contentType).toBe(`image/${format}`);
    expect(await look(bytes)).toMatchObject({ format, width, height });
  });
});

describe('the pool', () => {
  it('leaves the event loop free and reports progress', async () => {
    await draw('relight', { image: 'asset_person', light: { direction: 'left' } });
    const steps: number[] = [];
    const before = process.threadCpuUsage();
    await draw(
      'relight',
      { image: 'asset_person', light: { direction: 'left' } },
      { progress: (step) => steps.push(step), options: {} },
    );
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(150);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  });

  it('stops at once when the job is canceled', async () => {
    const stop = new AbortController();
    const started = Date.now();
    const job = draw(
      'compose',
      { person: 'asset_person', garments: ['asset_garment'], place: 'asset_place' },
      { signal: stop.signal, options: {} },
    );
    setTimeout(() => stop.abort(), 100);
    await expect(job).rejects.toThrow();
    expect(Date.now() - started).toBeLessThan(1000);
    const after = await draw('background', { image: 'asset_product', background: { color: 'red' } });
    expect(after.bytes.length).toBeGreaterThan(1000);
  });
});
