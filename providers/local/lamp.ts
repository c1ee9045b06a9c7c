import { type Lamp, tint, tintOf } from './light.ts';
import { at, luma, type Plane, type Raster, type Rgb } from './raster.ts';
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

/** Which side a picture is brighter on: -1 left to 1 right. */
export const brighterSide = (picture: Raster): number => Math.max(-1, Math.min(1, lean(luma(small(picture)))[0]));

/** Where a picture's light seems to come from; never from nowhere: a light that words ask for has a side. */
const sideOf = (picture: Raster): readonly [number, number] => {
  const [x, y] = lean(luma(small(picture)));
  return [x < 0 ? Math.min(x, -0.6) : Math.max(x, 0.6), Math.min(-0.25, y)];
};

/** The colour that a reference's light has on one side: what is bright counts, and what is colourful counts more. */
const colorToward = (picture: Raster, x: number, y: number): Rgb => {
  const tiny = small(picture);
  const sum = [0, 0, 0];
  let total = 1e-6;
  for (let i = 0, p = 0; p < tiny.data.length; i++, p += 3) {
    const across = ((i % tiny.width) + 0.5) / tiny.width - 0.5;
    const down = (Math.floor(i / tiny.width) + 0.5) / tiny.height - 0.5;
    if (across * x + down * y < 0) continue;
    const [r, g, b] = [at(tiny.data, p), at(tiny.data, p + 1), at(tiny.data, p + 2)];
    const most = Math.max(r, g, b);
    const weight = most ** 2 * (0.15 + (most - Math.min(r, g, b)) / Math.max(0.05, most));
    sum[0] = (sum[0] as number) + weight * r;
    sum[1] = (sum[1] as number) + weight * g;
    sum[2] = (sum[2] as number) + weight * b;
    total += weight;
  }
  return sum.map((value) => value / total) as unknown as Rgb;
};

/** `turn` moves the light a little, in radians; `own` is the picture to be lit. */
export const lampOf = (wire: LightWire, own: Raster, reference: Raster | undefined, turn: number): Lamp => {
  const [x, y] = wire.direction === null ? sideOf(reference ?? own) : vectors[wire.direction];
  const length = Math.hypot(x, y);
  const angle = Math.atan2(y, x) + turn;
  const place = { x: length === 0 ? 0 : Math.cos(angle), y: length === 0 ? 0 : Math.sin(angle) };
  const common = { ...place, strength: wire.strength, contrast: wire.contrast };
  const [main, other] = wire.colors;
  if (main === undefined && reference !== undefined) {
    const [color, fill] = [colorToward(reference, x, y), colorToward(reference, -x, -y)];
    return { ...common, color: tint(color, 0.85), fill: tint(fill, 0.8), second: 0.6 };
  }
  const cool = main === undefined ? undefined : '#dfe6ff';
  return {
    ...common,
    color: tintOf(main, 0.7),
    fill: tintOf(other ?? cool, other === undefined ? 0.5 : 0.8),
    second: other === undefined ? 0 : 0.7,
  };
};
