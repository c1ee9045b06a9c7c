import { blurRaster } from './blur.ts';
import { at, clamp, makeRaster, mix, type Raster, type Rgb, smoothstep } from './raster.ts';
import { clouds, noise2, seeded } from './seeded.ts';
import type { SceneWire } from './wire.ts';

export const rgbOf = (hex: string): Rgb =>
  [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255) as unknown as Rgb;

type Painter = (x: number, y: number) => Rgb;

/** Colours at even distances, `t` from 0 to 1. */
const along = (colors: readonly Rgb[], t: number): Rgb => {
  const place = clamp(t) * (colors.length - 1);
  const low = Math.min(Math.floor(place), Math.max(0, colors.length - 2));
  const from = colors[low] as Rgb;
  const to = colors[Math.min(low + 1, colors.length - 1)] as Rgb;
  return blend(from, to, smoothstep(0, 1, place - low));
};

const blend = (from: Rgb, to: Rgb, share: number): Rgb => [
  mix(from[0], to[0], share),
  mix(from[1], to[1], share),
  mix(from[2], to[2], share),
];

const scaled = ([r, g, b]: Rgb, by: number): Rgb => [r * by, g * by, b * by];

/** A wall's or sky's texture as a factor on its colour, from shares of the height. */
const wallOf = (scene: SceneWire, seed: number): ((x: number, y: number) => { factor: number; white: number }) => {
  const cloud = clouds(seed, 5);
  const fine = clouds(seed + 7, 4);
  const dots = noise2(seed + 3);
  switch (scene.wall) {
    case 'plaster':
      return (x, y) => ({ factor: 0.93 + 0.1 * cloud(x * 3, y * 3) + 0.05 * (fine(x * 60, y * 60) - 0.5), white: 0 });
    case 'clouds':
      return (x, y) => ({
        factor: 1,
        white: 0.75 * smoothstep(0.52, 0.8, cloud(x * 2.2, y * 5 + 3)) * smoothstep(1, 0.2, y / scene.horizon),
      });
    case 'stars':
      return (x, y) => ({ factor: 0.75 + 0.7 * cloud(x * 2, y * 2), white: dots(x * 160, y * 160) > 0.965 ? 0.8 : 0 });
    case 'brick':
      return (x, y) => ({ factor: brick(x * 9, y * 22, dots) * (0.9 + 0.2 * fine(x * 40, y * 40)), white: 0 });
    case 'marble':
      return (x, y) => ({ factor: marble(x, y, cloud), white: 0 });
    case 'planks':
      return (x, y) => ({ factor: plank(x * 7, y, fine), white: 0 });
    default:
      return () => ({ factor: 1, white: 0 });
  }
};

const marble = (x: number, y: number, cloud: Painter | ((x: number, y: number) => number)): number => {
  const warp = (cloud as (x: number, y: number) => number)(x * 2, y * 2);
  const vein = Math.abs(Math.sin((x * 3 + y * 4 + warp * 5) * 2.4));
  return 1 - 0.16 * smoothstep(0.16, 0, vein) - 0.08 * warp;
};

const brick = (x: number, y: number, dots: (x: number, y: number) => number): number => {
  const row = Math.floor(y);
  const across = x + (row % 2) * 0.5;
  const joint = Math.min(across - Math.floor(across), (y - row) * 0.5) < 0.045;
  return joint ? 1.2 : 0.82 + 0.3 * dots(Math.floor(across) * 7.3, row * 5.1);
};

const plank = (across: number, deep: number, fine: (x: number, y: number) => number): number => {
  const board = Math.floor(across);
  const inside = across - board;
  const joint = smoothstep(0.03, 0, Math.min(inside, 1 - inside));
  const grain = fine(across * 9 + board * 31, deep * 2.2 + board * 17);
  return (0.86 + 0.2 * fine(board * 5.7, 3) + 0.22 * (grain - 0.5)) * (1 - 0.45 * joint);
};

/** The ground's texture, seen in perspective: `depth` is 0 at the horizon and 1 at the bottom. */
const surfaceOf = (scene: SceneWire, seed: number): ((x: number, depth: number) => number) => {
  const fine = clouds(seed + 11, 4);
  const spread = (x: number, depth: number): readonly [number, number] => {
    const far = 1 / (0.18 + depth);
    return [(x - 0.5) * far, far];
  };
  switch (scene.surface) {
    case 'planks':
      return (x, depth) => {
        const [u, v] = spread(x, depth);
        return plank(u * 5 + 40, v * 6, fine);
      };
    case 'marble':
      return (x, depth) => {
        const [u, v] = spread(x, depth);
        return marble(u * 0.8 + 5, v * 0.8, clouds5(fine));
      };
    case 'grass':
      return (x, depth) => {
        const [u, v] = spread(x, depth);
        return 0.75 + 0.5 * fine(u * 90 + 500, v * 70) * (0.4 + 0.6 * depth) + 0.12 * fine(u * 4 + 90, v * 4);
      };
    case 'sand':
      return (x, depth) => {
        const [u, v] = spread(x, depth);
        return 0.93 + 0.09 * fine(u * 14 + 300, v * 30) + 0.05 * fine(u * 120 + 900, v * 120);
      };
    case 'water':
    case 'wet':
      return (x, depth) => {
        const [u, v] = spread(x, depth);
        return 0.86 + 0.28 * fine(u * 5 + 70, v * 28);
      };
    case 'plaster':
      return (x, depth) => {
        const [u, v] = spread(x, depth);
        return 0.93 + 0.1 * fine(u * 20 + 70, v * 20) + 0.04 * fine(u * 5 + 70, v * 5);
      };
    default:
      return () => 1;
  }
};

const clouds5 = (fine: (x: number, y: number) => number): ((x: number, y: number) => number) => fine;

/** Height of the far line above the horizon, as a share of the picture's height. */
const farOf = (scene: SceneWire, seed: number): ((x: number, layer: number) => number) => {
  const wide = clouds(seed + 21, 5);
  const blocks = noise2(seed + 23);
  switch (scene.far) {
    case 'hills':
      return (x, layer) => (0.22 - layer * 0.07) * wide(x * (1.6 + layer) + layer * 40, layer * 9) - 0.02;
    case 'trees':
      return (x, layer) =>
        (0.5 - layer * 0.12) *
        (0.35 + 0.65 * wide(x * 5 + layer * 30, layer * 7)) *
        (scene.name === 'forest' ? 1.5 : 0.6);
    case 'city':
      return (x, layer) =>
        (0.5 - layer * 0.1) * (0.2 + 0.8 * blocks(Math.floor(x * (9 + layer * 5)) + layer * 50, layer * 3));
    default:
      return () => -1;
  }
};

const far = (scene: SceneWire, base: Painter, seed: number): Painter => {
  if (scene.far === 'none' || scene.far === 'waves') return base;
  const line = farOf(scene, seed);
  const haze = rgbOf(scene.sky.at(-1) ?? '#cccccc');
  const ground = rgbOf(scene.ground[0] ?? '#888888');
  const near = scaled(ground, 0.62);
  return (x, y) => {
    const above = scene.horizon - y;
    for (let layer = 2; layer >= 0; layer--) {
      const top = line(x, layer);
      const edge = smoothstep(top + 0.004, top - 0.004, above);
      if (above < 0 || edge < 0.5) continue;
      return blend(near, haze, 0.72 - layer * 0.2 + 0.18 * clamp(1 - above / Math.max(0.02, top)));
    }
    return base(x, y);
  };
};

const bokeh = (picture: Raster, scene: SceneWire, seed: number): void => {
  const next = seeded(seed + 31);
  const { width, height } = picture;
  const colors = scene.lights.map(rgbOf);
  if (colors.length === 0) return;
  for (let k = 0; k < 46; k++) {
    const color = colors[Math.floor(next() * colors.length)] as Rgb;
    const cx = next() * width;
    const cy = (0.08 + next() * (scene.horizon - 0.1)) * height;
    const radius = (0.012 + 0.035 * next() ** 2) * height;
    const power = 0.1 + 0.4 * next() ** 2;
    for (let y = Math.max(0, Math.floor(cy - radius)); y < Math.min(height, cy + radius); y++) {
      for (let x = Math.max(0, Math.floor(cx - radius)); x < Math.min(width, cx + radius); x++) {
        const r = Math.hypot(x - cx, y - cy) / radius;
        const share = power * smoothstep(1, 0.88, r) * (0.75 + 0.25 * r);
        for (let c = 0; c < 3; c++) {
          const p = (y * width + x) * 3 + c;
          picture.data[p] = at(picture.data, p) + share * (color[c] as number) * (1 - at(picture.data, p) * 0.6);
        }
      }
    }
  }
};

/** A wet or watery ground mirrors what stands above it. */
const mirror = (picture: Raster, scene: SceneWire): void => {
  if (scene.surface !== 'wet' && scene.surface !== 'water') return;
  const { width, height } = picture;
  const line = Math.round(scene.horizon * height);
  const soft = blurRaster(picture, height * 0.012);
  for (let y = line; y < height; y++) {
    const from = Math.max(0, line - 1 - Math.round((y - line) * 1.3));
    const share = (scene.surface === 'wet' ? 0.55 : 0.3) * (1 - ((y - line) / (height - line)) * 0.5);
    for (let p = y * width * 3, q = from * width * 3; p < (y + 1) * width * 3; p++, q++) {
      picture.data[p] = mix(at(picture.data, p), at(soft.data, q), share);
    }
  }
};

/** Draws the scene; `seed` moves clouds, trees and lights. */
export const drawScene = (scene: SceneWire, width: number, height: number, seed: number): Raster => {
  const sky = scene.sky.map(rgbOf);
  const ground = scene.ground.map(rgbOf);
  const wall = wallOf(scene, seed);
  const surface = surfaceOf(scene, seed);
  const glow = scene.glow === null ? undefined : { ...scene.glow, rgb: rgbOf(scene.glow.color) };
  const backdrop: Painter = (x, y) => {
    const { factor, white } = wall(x, y);
    return blend(scaled(along(sky, y / scene.horizon), factor), [1, 1, 1], white);
  };
  const upper = far(scene, backdrop, seed);
  const picture = makeRaster(width, height);
  const soft = scene.name === 'studio' ? 0.06 : scene.surface === 'sand' || scene.surface === 'grass' ? 0.006 : 0.0025;
  for (let py = 0; py < height; py++) {
    const y = (py + 0.5) / height;
    const depth = clamp((y - scene.horizon) / (1 - scene.horizon));
    const down = smoothstep(scene.horizon - soft, scene.horizon + soft, y);
    for (let px = 0; px < width; px++) {
      const x = ((px + 0.5) / width - 0.5) * (width / height) + 0.5;
      const top = down < 1 ? upper(x, y) : ([0, 0, 0] as const);
      const floor = down > 0 ? scaled(along(ground, depth), surface(x, depth)) : ([0, 0, 0] as const);
      const flat = blend(top, floor, down);
      const share = glow === undefined ? 0 : glowAt(glow, px / width, y, width / height) * (1 - down * 0.55);
      const p = (py * width + px) * 3;
      for (let c = 0; c < 3; c++) {
        const value = flat[c] as number;
        picture.data[p + c] = glow === undefined ? value : value + share * (glow.rgb[c] as number) * (1 - value * 0.7);
      }
    }
  }
  bokeh(picture, scene, seed);
  mirror(picture, scene);
  return finish(picture, seed);
};

const glowAt = (glow: { x: number; y: number; size: number }, x: number, y: number, ratio: number): number => {
  const dx = ((x - glow.x) * ratio) / glow.size;
  const dy = (y - glow.y) / glow.size;
  return 0.42 * Math.exp(-2.2 * (dx * dx + dy * dy));
};

/** Grain and a slight vignette: what a lens and a sensor add. */
const finish = (picture: Raster, seed: number): Raster => {
  const next = seeded(seed + 41);
  const { width, height } = picture;
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dx = x / width - 0.5;
      const dy = y / height - 0.5;
      const factor = 1 - 0.22 * (dx * dx + dy * dy) * 2;
      const grain = (next() - 0.5) * 0.016;
      for (let c = 0; c < 3; c++, p++) picture.data[p] = clamp(at(picture.data, p) * factor + grain);
    }
  }
  return picture;
};
