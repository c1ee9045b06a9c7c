import { blurRaster } from './blur.ts';
import { rgbOf } from './paint.ts';
import type { Size } from './place.ts';
import { at, clamp, makeRaster, type Raster } from './raster.ts';
import { cover } from './resample.ts';
import { drawScene } from './scene.ts';
import { seeded } from './seeded.ts';
import type { BackdropWire } from './wire.ts';

const flat = (hex: string, { width, height }: Size): Raster => {
  const out = makeRaster(width, height);
  const color = rgbOf(hex);
  for (let p = 0; p < out.data.length; p++) out.data[p] = color[p % 3] as number;
  return out;
};

/** A picture's colours where they lie, without its things; a scene from words shows through. */
const palette = (source: Raster, size: Size, scene: Raster | undefined, seed: number): Raster => {
  const small = blurRaster(cover(source, 96, Math.max(8, Math.round((96 * size.height) / size.width))), 7);
  const out = cover(small, size.width, size.height);
  const next = seeded(seed);
  for (let p = 0; p < out.data.length; p++) {
    const drawn = scene === undefined ? at(out.data, p) : at(scene.data, p);
    out.data[p] = clamp(at(out.data, p) * 0.65 + drawn * 0.35 + (next() - 0.5) * 0.012);
  }
  return out;
};

interface BackdropWish {
  readonly wire: Exclude<BackdropWire, { kind: 'kept' }>;
  readonly size: Size;
  readonly seed: number;
  /** 0 sharp to 1 far out of focus. */
  readonly depth: number;
  readonly load: (reference: string) => Promise<Raster>;
}

export const makeBackdrop = async ({ wire, size, seed, depth, load }: BackdropWish): Promise<Raster> => {
  const drawn = await draw(wire, size, seed, load);
  return depth <= 0 || wire.kind === 'color'
    ? drawn
    : blurRaster(drawn, depth * Math.max(size.width, size.height) * 0.022);
};

const draw = async (
  wire: BackdropWish['wire'],
  size: Size,
  seed: number,
  load: BackdropWish['load'],
): Promise<Raster> => {
  if (wire.kind === 'color') return flat(wire.color, size);
  if (wire.kind === 'scene') return drawScene(wire.scene, size.width, size.height, seed);
  const source = await load(wire.source.image);
  if (wire.kind === 'image') return cover(source, size.width, size.height);
  const scene = wire.scene === null ? undefined : drawScene(wire.scene, size.width, size.height, seed);
  return palette(source, size, scene, seed);
};

/** How much the backdrop's ground mirrors what stands on it. */
export const glossOf = (wire: BackdropWire): number => (wire.kind === 'scene' ? wire.scene.gloss : 0);
