import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import local from '../../../providers/local/index.ts';
import { drawSamples } from '../../../scripts/draw-samples.ts';
import { bright, drawn, look, type Run } from './support.ts';

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

const flat = (color: string): Promise<Uint8Array> =>
  sharp({ create: { width: 400, height: 300, channels: 3, background: color } })
    .png()
    .toBuffer();

describe('background', () => {
  it('puts the subject on exactly the asked colour', async () => {
    const { bytes } = await draw('background', { image: 'asset_person', background: { color: '#20c040' } });
    const seen = await look(bytes);
    for (const left of [0, 0.9]) {
      const [r, g, b] = seen.mean(left, 0, left + 0.1, 0.1);
      expect([r, g, b].map(Math.round)).toEqual([0x20, 0xc0, 0x40]);
    }
    const [r, g] = seen.mean(0.45, 0.45, 0.55, 0.6);
    expect(g - r).toBeLessThan(80);
  });

  it('shows the exact image around the subject', async () => {
    const assets = { blue: await flat('#2040ff') };
    const fields = { image: 'asset_product', background: { image: 'asset_blue' } };
    const seen = await look((await draw('background', fields, { assets })).bytes);
    const [r, , b] = seen.mean(0, 0, 0.12, 0.12);
    expect(b - r).toBeGreaterThan(180);
  });

  it('uses the transparency that a picture brings', async () => {
    const disc = Buffer.from('<svg width="300" height="300"><circle cx="150" cy="150" r="70" fill="#d02020"/></svg>');
    const assets = { disc: await sharp(disc).png().toBuffer() };
    const fields = { image: 'asset_disc', background: { color: 'white' }, preserve_subject: 1 };
    const seen = await look((await draw('background', fields, { assets })).bytes);
    expect(seen.mean(0, 0, 0.1, 0.1).map(Math.round)).toEqual([255, 255, 255]);
    const [r, g] = seen.mean(0.48, 0.4, 0.52, 0.6);
    expect(r - g).toBeGreaterThan(120);
  });

  it('keeps the old background when asked', async () => {
    const fields = {
      image: 'asset_person',
      background: { color: 'red' },
      keep_background: true,
      light: { strength: 0 },
    };
    const seen = await look((await draw('background', fields)).bytes);
    const [r, g] = seen.mean(0, 0, 0.1, 0.1);
    expect(Math.abs(r - g)).toBeLessThan(30);
  });

  it('draws other clouds for another picture and the same for the same seed', async () => {
    const fields = { image: 'asset_product', background: { prompt: 'sky' }, seed: 5 };
    const [one, again, other] = await Promise.all([
      draw('background', fields),
      draw('background', fields),
      draw('background', fields, { picture: 1 }),
    ]);
    expect(Buffer.compare(one.bytes, again.bytes)).toBe(0);
    expect(Buffer.compare(one.bytes, other.bytes)).not.toBe(0);
  });

  it('says what to send when there is no subject', async () => {
    const assets = { flat: await flat('#808080') };
    await expect(
      draw('background', { image: 'asset_flat', background: { color: 'red' } }, { assets }),
    ).rejects.toMatchObject({
      name: 'ProviderError',
      code: 'no_subject_found',
      message: expect.stringContaining('image'),
    });
  });

  it('calls a broken picture broken', async () => {
    const assets = { broken: new Uint8Array([137, 80, 78, 71, 1, 2, 3]) };
    const broken = draw('background', { image: 'asset_broken', background: { color: 'red' } }, { assets });
    await expect(broken).rejects.toMatchObject({ code: 'unprocessable_image' });
  });
});

describe('relight', () => {
  const lit = async (light: object) => look((await draw('relight', { image: 'asset_person', light })).bytes);

  it('brightens the side the light comes from', async () => {
    const [left, right] = await Promise.all([
      lit({ direction: 'left', strength: 0.8 }),
      lit({ direction: 'right', strength: 0.8 }),
    ]);
    const face = [0.4, 0.1, 0.5, 0.3] as const;
    const other = [0.5, 0.1, 0.6, 0.3] as const;
    expect(bright(left.mean(...face)) / bright(left.mean(...other))).toBeGreaterThan(
      1.2 * (bright(right.mean(...face)) / bright(right.mean(...other))),
    );
    expect(bright(left.mean(0, 0, 0.2, 1))).toBeGreaterThan(bright(right.mean(0, 0, 0.2, 1)) + 15);
  });

  it('tells above from below', async () => {
    const [above, below] = await Promise.all([
      lit({ direction: 'above', strength: 0.8 }),
      lit({ direction: 'below', strength: 0.8 }),
    ]);
    expect(bright(above.mean(0, 0, 1, 0.2))).toBeGreaterThan(bright(below.mean(0, 0, 1, 0.2)) + 10);
  });

  it('takes the colour of the words', async () => {
    const [warm, cold] = await Promise.all([
      lit({ direction: 'left', prompt: 'golden hour' }),
      lit({ direction: 'left', prompt: 'moonlight' }),
    ]);
    const ratio = ([r, , b]: readonly [number, number, number]): number => r / b;
    expect(ratio(warm.mean(0, 0, 1, 1))).toBeGreaterThan(ratio(cold.mean(0, 0, 1, 1)) * 1.3);
  });

  it('changes nothing at strength 0', async () => {
    const [same, source] = await Promise.all([
      draw('relight', { image: 'asset_person', light: { strength: 0, direction: 'left' } }, { options: {} }),
      sharp(join(folder, 'person.png')).removeAlpha().raw().toBuffer(),
    ]);
    expect(Buffer.compare(await sharp(same.bytes).removeAlpha().raw().toBuffer(), source)).toBe(0);
  });

  it('lights a picture without a subject too', async () => {
    const assets = { flat: await flat('#808080') };
    const seen = await look(
      (await draw('relight', { image: 'asset_flat', light: { direction: 'left' } }, { assets })).bytes,
    );
    expect(bright(seen.mean(0, 0, 0.2, 1))).toBeGreaterThan(bright(seen.mean(0.8, 0, 1, 1)) + 20);
  });
});

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
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await draw(
      'relight',
      { image: 'asset_person', light: { direction: 'left' } },
      { progress: (step) => steps.push(step), options: {} },
    );
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(120);
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
