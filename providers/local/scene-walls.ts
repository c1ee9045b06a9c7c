import { clamp, smoothstep } from './raster.ts';
import { clouds, type Noise, noise2 } from './seeded.ts';
import type { Scene } from './wire.ts';

/** What a wall or sky does to its colour: a factor, and how much white lies over it. */
type Wall = (x: number, y: number) => { readonly factor: number; readonly white: number };

/** A pool of light behind the subject that falls off to the corners, as from a lamp on the wall. */
const pool = (x: number, y: number): number => {
  const dx = (x - 0.5) / 0.62;
  const dy = (y - 0.46) / 0.6;
  return 0.8 + 0.25 * Math.exp(-1.5 * (dx * dx + dy * dy));
};

/** Daylight through a window, slanting across the wall. */
const beam = (x: number, y: number): number => {
  const across = x * 0.82 + y * 0.57;
  const along = y * 0.82 - x * 0.4;
  const lit = smoothstep(0.32, 0.4, across) * smoothstep(0.86, 0.74, across) * smoothstep(1.1, 0.2, along);
  const bar = 1 - 0.75 * smoothstep(0.022, 0.008, Math.abs(across - 0.58));
  return 0.94 + 0.11 * lit * bar;
};

export const brick = (x: number, y: number, dots: Noise): number => {
  const row = Math.floor(y);
  const across = x + (row % 2) * 0.5;
  const inside = across - Math.floor(across);
  const joint = Math.min(inside * 2.4, (1 - inside) * 2.4, y - row, row + 1 - y);
  const face = 0.84 + 0.3 * dots(Math.floor(across) * 7.3, row * 5.1);
  return face + (1.18 - face) * smoothstep(0.1, 0.05, joint);
};

export const plank = (across: number, deep: number, fine: Noise): number => {
  const board = Math.floor(across);
  const inside = across - board;
  const joint = smoothstep(0.025, 0, Math.min(inside, 1 - inside));
  const warp = fine(board * 13.1 + across * 0.7, deep * 0.35) * 1.6;
  const rings = fine(across * 7 + board * 31 + warp, deep * 0.55 + board * 17);
  const streak = fine(across * 34 + board * 11, deep * 1.4 + board * 3);
  return (0.88 + 0.2 * (fine(board * 5.7, 3) - 0.35) + 0.26 * (rings - 0.5) + 0.1 * (streak - 0.5)) * (1 - 0.5 * joint);
};

/** Panelled moulding on the lower third of a wall, a line of light and shade. */
const moulding = (x: number, y: number, horizon: number): number => {
  const shade = (at: number, d: number): number => smoothstep(0.006, 0, Math.abs(d - at));
  const up = horizon - y;
  const skirting = up < 0.045 ? 1.05 - 0.2 * shade(0.045, up) : 1;
  const cell = Math.abs(((x * 2.6) % 1) - 0.5);
  const frame = Math.max(Math.abs(up - 0.2) - 0.1, (cell - 0.42) * 0.38);
  return (
    skirting * (1 - 0.07 * smoothstep(0.006, 0, Math.abs(frame)) + 0.04 * smoothstep(0.006, 0, Math.abs(frame - 0.007)))
  );
};

const drapes = (x: number, y: number, fine: Noise): number => {
  const fold = x * 17 + 2.2 * fine(x * 3.1, y * 0.7) + 0.5 * fine(x * 9, y * 1.1);
  return 0.84 + 0.2 * Math.sin(fold) ** 3 * 0.7 + 0.16 * fine(x * 6.3, y * 0.5 + 9);
};

export const wallOf = (scene: Scene, seed: number): Wall => {
  const cloud = clouds(seed, 5);
  const fine = clouds(seed + 7, 4);
  const dots = noise2(seed + 3);
  const plain =
    (factor: (x: number, y: number) => number): Wall =>
    (x, y) => ({ factor: factor(x, y), white: 0 });
  switch (scene.wall) {
    case 'pool':
      return plain(pool);
    case 'plaster':
      return plain(
        (x, y) => beam(x, y) * (0.95 + 0.1 * (cloud(x * 2.4, y * 2.4) - 0.4) + 0.035 * (fine(x * 46, y * 46) - 0.5)),
      );
    case 'panels':
      return plain((x, y) => beam(x, y) * moulding(x, y, scene.horizon) * (0.98 + 0.04 * cloud(x * 2, y * 2)));
    case 'drapes':
      return plain((x, y) => pool(x, y) * drapes(x, y, fine));
    case 'brick':
      return plain((x, y) => beam(x, y) * brick(x * 6.5, y * 17, dots) * (0.9 + 0.2 * fine(x * 34, y * 34)));
    case 'planks':
      return plain((x, y) => pool(x, y) * plank(x * 5.5 + 40, y * 3, fine));
    case 'clouds':
      return (x, y) => {
        // Seen from below: clouds crowd toward the horizon.
        const near = 0.34 / clamp(1.04 - y / scene.horizon, 0.1, 1.1);
        const cover = cloud((x - 0.5) * near * 2.6 + 9, near * 4.2);
        return { factor: 1, white: 0.72 * smoothstep(0.5, 0.82, cover) * smoothstep(1, 0.7, y / scene.horizon) };
      };
    case 'stars':
      return plain((x, y) => 0.6 + 0.95 * cloud(x * 2.2, y * 2.2) ** 1.5);
    default:
      return plain(() => 1);
  }
};
