import { type Lamp, tint, tintOf } from './light.ts';
import { at, luma, meanColor, type Plane, type Raster, type Rgb } from './raster.ts';
import { resizeRaster, within } from './resample.ts';
import type { LightWire } from './wire.ts';

const vectors: Readonly<Record<NonNullable<LightWire['direction']>, readonly [number, number]>> = {
  none: [0, 0],
  above: [0, -1],
  below: [0, 1],
  left: [-1, -0.22],
  right: [1, -0.22],
};

/** How much brighter the right is than the left, and the bottom than the top: -1 to 1. */
const lean = (plane: Plane): readonly [number, number] => {
  let x = 0;
  let y = 0;
  let total = 1e-6;
  for (let i = 0; i < plane.data.length; i++) {
    const value = at(plane.data, i) ** 2;
    x += value * ((i % plane.width) / plane.width - 0.5);
    y += value * (Math.floor(i / plane.width) / plane.height - 0.5);
    total += value;
  }
  return [(x / total) * 6, (y / total) * 6];
};

const small = (picture: Raster): Raster => {
  const size = within(picture, 64);
  return resizeRaster(picture, size.width, size.height);
};

/** Where a picture's light seems to come from; never from nowhere: a light that words ask for has a side. */
const sideOf = (picture: Raster): readonly [number, number] => {
  const [x, y] = lean(luma(small(picture)));
  return [x < 0 ? Math.min(x, -0.6) : Math.max(x, 0.6), Math.min(-0.25, y)];
};

/** A reference's light: the colour of its brighter half. */
const colorFrom = (picture: Raster): Rgb => {
  const tiny = small(picture);
  const bright = luma(tiny);
  const sorted = Float32Array.from(bright.data).sort();
  const middle = at(sorted, sorted.length >> 1);
  return meanColor(tiny, { ...bright, data: bright.data.map((value) => (value >= middle ? value : 0)) });
};

/** `turn` moves the light a little, in radians; `own` is the picture to be lit. */
export const lampOf = (wire: LightWire, own: Raster, reference: Raster | undefined, turn: number): Lamp => {
  const [x, y] = wire.direction === null ? sideOf(reference ?? own) : vectors[wire.direction];
  const length = Math.hypot(x, y);
  const angle = Math.atan2(y, x) + turn;
  const [main, second] = wire.colors;
  const color = main === undefined && reference !== undefined ? tint(colorFrom(reference), 0.8) : tintOf(main, 0.7);
  const cool = main === undefined ? undefined : '#dfe6ff';
  return {
    x: length === 0 ? 0 : Math.cos(angle),
    y: length === 0 ? 0 : Math.sin(angle),
    strength: wire.strength,
    contrast: wire.contrast,
    color,
    fill: tintOf(second ?? cool, second === undefined ? 0.5 : 0.75),
  };
};
