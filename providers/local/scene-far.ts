import { blend, type Painter, rgbOf, scaled } from './paint.ts';
import { clamp, mix, type Rgb, smoothstep } from './raster.ts';
import { clouds, type Noise, noise2 } from './seeded.ts';
import type { Scene } from './wire.ts';

/** Height of a skyline above the horizon, as a share of the picture's height; layer 0 is nearest. */
type Skyline = (x: number, layer: number) => number;

const skylines: Readonly<Record<Exclude<Scene['far'], 'none' | 'forest'>, (wide: Noise, blocks: Noise) => Skyline>> = {
  hills: (wide) => (x, layer) => (0.1 + layer * 0.035) * (0.25 + wide(x * (1.3 + layer * 0.4) + layer * 40, layer * 9)),
  mountains: (wide) => (x, layer) => {
    const ridge = 1 - Math.abs(2 * wide(x * (1.7 - layer * 0.2) + layer * 40, layer * 9 + 2) - 1);
    return (0.08 + layer * 0.11) * ridge ** 1.6 + 0.012 * wide(x * 22, layer);
  },
  trees: (wide) => (x, layer) =>
    (0.11 + layer * 0.035) * (0.3 + wide(x * 3.4 + layer * 30, layer * 7)) + 0.03 * wide(x * 24 + layer * 9, 3),
  city: (_, blocks) => (x, layer) =>
    (0.16 + layer * 0.15) * (0.25 + blocks(Math.floor(x * (8 + layer * 5)) * 1.7 + layer * 50, layer * 3) ** 1.4),
  town: (_, blocks) => (x, layer) => {
    // A street runs into the depth: houses grow toward both sides.
    const house = Math.floor(x * (5 + layer * 3));
    const side = Math.abs((house + 0.5) / (5 + layer * 3) - 0.5);
    return (0.05 + (1.5 - layer * 0.45) * side) * (0.75 + 0.4 * blocks(house * 1.7 + layer * 50, layer * 3));
  },
};

/** Windows of a house, lit ones in the scene's lights. */
const windows = (scene: Scene, blocks: Noise): ((x: number, above: number, layer: number) => Rgb | undefined) => {
  const lights = scene.lights.map(rgbOf);
  const dark = lights.length > 0 && rgbOf(scene.sky[0] ?? '#ffffff').reduce((sum, value) => sum + value, 0) < 1.1;
  return (x, above, layer) => {
    const column = x * (52 + layer * 30);
    const row = above * (44 + layer * 24);
    const inside = column % 1 > 0.3 && column % 1 < 0.75 && row % 1 > 0.3 && row % 1 < 0.7;
    if (!inside) return undefined;
    const chance = blocks(Math.floor(column) * 3.7 + 0.5, Math.floor(row) * 5.3 + layer * 11);
    if (dark) return chance > 0.56 ? lights[Math.floor(chance * 97) % lights.length] : undefined;
    return chance > 0.45 ? [0.62, 0.68, 0.74] : undefined;
  };
};

const rows = (scene: Scene, base: Painter, seed: number): Painter => {
  if (scene.far === 'none' || scene.far === 'forest') return base;
  const wide = clouds(seed + 21, 5);
  const blocks = noise2(seed + 23);
  const line = skylines[scene.far](wide, blocks);
  const built = scene.far === 'city' || scene.far === 'town';
  const lit = windows(scene, blocks);
  const haze = rgbOf(scene.sky.at(-1) ?? '#cccccc');
  const near = scaled(rgbOf(scene.ground.at(-1) ?? '#888888'), scene.far === 'mountains' ? 0.8 : 0.66);
  const leaf = (x: number, y: number): number => 0.62 + 0.76 * wide(x * 26, y * 26);
  return (x, y) => {
    const above = scene.horizon - y;
    let color: Rgb | undefined;
    for (let layer = 2; layer >= 0; layer--) {
      const top = line(x, layer);
      if (above < 0 || above > top) continue;
      const distance = 0.2 + layer * 0.24 + 0.16 * clamp(1 - above / Math.max(0.02, top));
      const own = built ? (lit(x, above, layer) ?? near) : scene.far === 'trees' ? scaled(near, leaf(x, y)) : near;
      const snow =
        scene.far === 'mountains' && layer > 0
          ? 0.75 * smoothstep(0.5, 0.85, above / top + 0.3 * wide(x * 18, y * 18) - 0.15)
          : 0;
      color = blend(blend(own, haze, clamp(distance)), blend(haze, [1, 1, 1], 0.35), snow);
    }
    return color ?? base(x, y);
  };
};

/** Trunks and leaves, the nearer the darker; light comes through from behind. */
const forest = (scene: Scene, base: Painter, seed: number): Painter => {
  const leaves = clouds(seed + 25, 5);
  const trunks = noise2(seed + 27);
  const bark = scaled(rgbOf(scene.ground.at(-1) ?? '#2f4020'), 0.75);
  const green = rgbOf(scene.sky[0] ?? '#5c7d45');
  return (x, y) => {
    const share = y / scene.horizon;
    let color = blend(base(x, y), green, 0.65 * smoothstep(0.42, 0.62, leaves(x * 4, y * 4)));
    for (let layer = 2; layer >= 0; layer--) {
      const count = 7 + layer * 7;
      const lean = x + (y - 0.5) * 0.06 * (trunks(layer * 7, Math.floor(x * count)) - 0.5);
      const cell = Math.floor(lean * count);
      const middle = 0.25 + 0.5 * trunks(cell * 3.1 + layer * 17, layer);
      const half = (0.06 + 0.13 * trunks(cell * 1.9, layer + 40)) * mix(0.8, 1.15, share);
      const there = trunks(cell * 5.3, layer + 60) > 0.36 ? 1 : 0;
      const trunk = there * smoothstep(half, half * 0.7, Math.abs(lean * count - cell - middle));
      color = blend(color, blend(bark, scaled(green, 1.25), 0.12 + layer * 0.27), trunk * (0.95 - layer * 0.15));
    }
    const crown = smoothstep(0.5, 0.62, leaves(x * 3 + 40, y * 3.6)) * smoothstep(0.75, 0.1, share);
    const bush = smoothstep(0.46, 0.6, leaves(x * 6 + 90, y * 6)) * smoothstep(0.78, 1, share);
    const shade = scaled(green, 0.5 + 0.6 * leaves(x * 15, y * 15));
    return blend(color, shade, Math.max(crown * 0.9, bush * 0.85));
  };
};

/** What stands at the horizon, before the wall or sky that `base` paints. */
export const farOf = (scene: Scene, base: Painter, seed: number): Painter =>
  scene.far === 'forest' ? forest(scene, base, seed) : rows(scene, base, seed);
