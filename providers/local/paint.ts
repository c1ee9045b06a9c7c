import { clamp, mix, type Rgb, smoothstep } from './raster.ts';

/** A colour for a place on the canvas: `x` in heights around 0.5, `y` as a share of the height. */
export type Painter = (x: number, y: number) => Rgb;

export const rgbOf = (hex: string): Rgb =>
  [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255) as unknown as Rgb;

export const blend = (from: Rgb, to: Rgb, share: number): Rgb => [
  mix(from[0], to[0], share),
  mix(from[1], to[1], share),
  mix(from[2], to[2], share),
];

export const scaled = ([r, g, b]: Rgb, by: number): Rgb => [r * by, g * by, b * by];

/** Light on top: it brightens without going past white. */
export const glowing = ([r, g, b]: Rgb, light: Rgb, share: number): Rgb => [
  r + share * light[0] * (1 - r),
  g + share * light[1] * (1 - g),
  b + share * light[2] * (1 - b),
];

/** Colours at even distances, `t` from 0 to 1. */
export const along = (colors: readonly Rgb[], t: number): Rgb => {
  const place = clamp(t) * (colors.length - 1);
  const low = Math.min(Math.floor(place), Math.max(0, colors.length - 2));
  const from = colors[low] as Rgb;
  const to = colors[Math.min(low + 1, colors.length - 1)] as Rgb;
  return blend(from, to, smoothstep(0, 1, place - low));
};

/** The same for hex colours. */
export const blendHex = (from: string, to: string, share: number): string => {
  const parts = blend(rgbOf(from), rgbOf(to), share).map((value) =>
    Math.round(clamp(value) * 255)
      .toString(16)
      .padStart(2, '0'),
  );
  return `#${parts.join('')}`;
};
