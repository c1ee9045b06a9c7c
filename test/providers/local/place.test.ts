import { describe, expect, it } from 'vitest';
import { canvasOf, findSpot, keepSpot, putAt, wishFor } from '../../../providers/local/place.ts';
import { type Box, type Cutout, makePlane, makeRaster, type Raster } from '../../../providers/local/raster.ts';
import { floorOf } from '../../../providers/local/surface.ts';
import type { BackdropWire } from '../../../providers/local/wire.ts';

const box = (left: number, top: number, right: number, bottom: number): Box => ({ left, top, right, bottom });

/** A solid block in a picture of 300 by 400. */
const cutout = (solid: Box): Cutout => {
  const alpha = makePlane(300, 400);
  for (let y = solid.top; y < solid.bottom; y++) alpha.data.fill(1, y * 300 + solid.left, y * 300 + solid.right);
  return { picture: makeRaster(300, 400), alpha, box: solid };
};

/** Level bands, each from its share of the height on. */
const bands = (...levels: readonly (readonly [from: number, level: number])[]): Raster => {
  const picture = makeRaster(400, 400);
  for (const [from, level] of levels) picture.data.fill(level, Math.round(from * 400) * 400 * 3);
  return picture;
};

const image: BackdropWire = { kind: 'image', source: { image: 'background.image#0' } };
const color: BackdropWire = { kind: 'color', color: '#ffffff' };
const canvas = { width: 600, height: 800 };

const placed = (solid: Box, backdrop: BackdropWire, ground: Raster) => {
  const subject = cutout(solid);
  return putAt(subject, canvas, findSpot(subject, canvas, wishFor(subject, backdrop, ground, 0)));
};

describe('placing', () => {
  it('lets a standing person take about two thirds of the height, feet on the floor', () => {
    const { box: whole, stands } = placed(box(110, 20, 190, 380), image, bands([0, 0.5]));
    expect(stands).toBe(true);
    expect((whole.bottom - whole.top) / 800).toBeGreaterThan(0.6);
    expect((whole.bottom - whole.top) / 800).toBeLessThan(0.75);
    expect(whole.bottom / 800).toBeGreaterThan(0.9);
  });

  it('lets one who is cut by the frame go on to the frame', () => {
    const { box: whole, stands } = placed(box(100, 50, 200, 400), image, bands([0, 0.5]));
    expect(stands).toBe(false);
    expect(whole.bottom).toBe(800);
  });

  it('sets a thing on the lower part, in the middle, with air around it', () => {
    const { box: whole } = placed(box(60, 100, 240, 300), color, bands([0, 1]));
    expect((whole.left + whole.right) / 2 / 600).toBeCloseTo(0.5, 1);
    expect(whole.bottom / 800).toBeGreaterThan(0.75);
    expect(whole.bottom / 800).toBeLessThan(0.95);
    expect((whole.right - whole.left) / 600).toBeLessThan(0.8);
  });

  it('sets a thing onto the table of a photo, not before its front', () => {
    const table = bands([0, 0.7], [0.5, 0.35], [0.85, 0.05]);
    const { box: whole } = placed(box(60, 100, 240, 300), image, table);
    expect(whole.bottom / 800).toBeGreaterThan(0.55);
    expect(whole.bottom / 800).toBeLessThan(0.85);
  });

  it('keeps the place of one who fills a frame of the same shape', () => {
    const subject = cutout(box(50, 50, 250, 400));
    expect(keepSpot(subject, canvas)).toEqual({ scale: 2, left: 0, top: 0 });
    expect(keepSpot(subject, { width: 800, height: 800 })).toBeUndefined();
  });
});

describe('the surface of a photo', () => {
  it.each([
    ['a tabletop that reaches the bottom', bands([0, 0.8], [0.7, 0.4]), 0.72, 0.95],
    ['a tabletop with a front edge', bands([0, 0.7], [0.5, 0.35], [0.85, 0.05]), 0.55, 0.84],
  ])('is found for %s', (_, picture, low, high) => {
    const floor = floorOf(picture);
    expect(floor).toBeGreaterThan(low);
    expect(floor).toBeLessThan(high);
  });

  it('is not made up where no level edge tells', () => {
    expect(floorOf(bands([0, 0.5]))).toBeUndefined();
  });
});

describe('the canvas', () => {
  it.each([
    [{ width: 16, height: 9 }, 1600, { width: 1600, height: 900 }],
    [{ width: 9, height: 16 }, 1600, { width: 900, height: 1600 }],
    [null, 800, { width: 600, height: 800 }],
    [null, null, { width: 600, height: 800 }],
  ])('%j at %s', (ratio, side, size) => {
    expect(canvasOf(ratio, canvas, side)).toEqual(size);
  });
});
