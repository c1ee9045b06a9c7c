import { blurRaster } from './blur.ts';
import { along, blend, glowing, type Painter, rgbOf, scaled } from './paint.ts';
import { at, clamp, makeRaster, mix, type Raster, smoothstep } from './raster.ts';
import { copyRaster, type Rows, rasterRows, resizeRaster, within } from './resample.ts';
import { farOf } from './scene-far.ts';
import { groundOf, shoreDepth } from './scene-grounds.ts';
import { addLights, addStars, glowOf } from './scene-lights.ts';
import { wallOf } from './scene-walls.ts';
import { seeded } from './seeded.ts';
import type { Scene } from './wire.ts';

/** What is far is out of focus: painting it smaller costs a fraction and shows no difference. */
const farSide: Readonly<Record<Scene['wall'], number>> = {
  plain: 360,
  pool: 360,
  plaster: 720,
  planks: 900,
  panels: 900,
  drapes: 480,
  clouds: 480,
  stars: 480,
  brick: 900,
};

/** The ground is near, but no eye counts its grains: larger pictures enlarge it. */
const nearSide = 1024;

/** How far out of focus, as a share of the height. */
const blurOf = (scene: Scene): number => {
  if (scene.far === 'forest') return 0.011;
  if (scene.far !== 'none') return scene.far === 'city' || scene.far === 'town' ? 0.0065 : 0.004;
  return scene.wall === 'brick' || scene.wall === 'planks' ? 0.0025 : 0.0018;
};

interface Size {
  readonly width: number;
  readonly height: number;
}

const paint = ({ width, height }: Size, painter: Painter, from = 0): Raster => {
  const out = makeRaster(width, height);
  for (let py = Math.floor(from * height); py < height; py++) {
    const y = (py + 0.5) / height;
    for (let px = 0; px < width; px++) {
      const x = ((px + 0.5) / width - 0.5) * (width / height) + 0.5;
      out.data.set(painter(x, y), (py * width + px) * 3);
    }
  }
  return out;
};

/** Far out of focus, worked out at a third of the size. */
const softened = (picture: Raster, sigma: number): Rows => {
  const third = resizeRaster(picture, Math.ceil(picture.width / 3), Math.ceil(picture.height / 3));
  return rasterRows(blurRaster(third, sigma / 3), picture.width, picture.height);
};

const paintFar = (scene: Scene, size: Size, seed: number): Raster => {
  const sky = scene.sky.map(rgbOf);
  const wall = wallOf(scene, seed);
  const ratio = size.width / size.height;
  const glow = glowOf(scene, ratio);
  const light = rgbOf(scene.glow?.color ?? '#ffffff');
  const white = scene.glow === null ? ([1, 1, 1] as const) : blend([1, 1, 1], light, 0.5);
  const upper: Painter = (x, y) => {
    const { factor, white: cover } = wall(x, y);
    return blend(scaled(along(sky, y / scene.horizon), factor), white, cover);
  };
  const far = farOf(scene, upper, seed);
  const small = paint(within(size, farSide[scene.wall]), (x, y) =>
    glowing(far(x, Math.min(y, scene.horizon)), light, glow((x - 0.5) / ratio + 0.5, y)),
  );
  return resizeRaster(blurRaster(small, small.height * blurOf(scene)), size.width, size.height);
};

const paintGround = (scene: Scene, size: Size, seed: number): Raster => {
  const colors = scene.ground.map(rgbOf);
  const texture = groundOf(scene, seed);
  const span = 1 - scene.horizon;
  const shore = scene.surface === 'shore';
  const bands = [colors.slice(0, 2), colors.slice(2)] as const;
  const colorAt = (depth: number) => {
    if (!shore) return along(colors, depth);
    const sea = along(bands[0], depth / shoreDepth);
    const beach = along(bands[1], (depth - shoreDepth) / (1 - shoreDepth));
    return blend(sea, beach, smoothstep(shoreDepth - 0.05, shoreDepth + 0.01, depth));
  };
  const start = Math.max(0, scene.horizon - scene.seam);
  const sharp = paint(
    size,
    (x, y) => {
      const depth = clamp((y - scene.horizon) / span);
      return scaled(colorAt(depth), texture(x, depth));
    },
    start,
  );
  if (scene.surface === 'plain') return sharp;
  // Far ground is out of focus, and its texture too fine for the pixels.
  const soft = softened(sharp, size.height * 0.006);
  const { width, height } = size;
  for (let y = Math.floor(start * height); y < height; y++) {
    const share = smoothstep(0.02, 0.4, (y / height - scene.horizon) / span);
    if (share >= 1) break;
    const row = soft(y);
    for (let q = 0, p = y * width * 3; q < row.length; p++, q++)
      sharp.data[p] = mix(at(row, q), at(sharp.data, p), share);
  }
  return sharp;
};

/** A glossy ground mirrors what stands at the horizon: less and less clearly toward the viewer. */
const mirror = (ground: Raster, far: Raster, scene: Scene): void => {
  if (scene.gloss <= 0) return;
  const { width, height } = ground;
  const line = Math.round(scene.horizon * height);
  const soft = softened(far, height * 0.014);
  for (let y = line; y < height; y++) {
    const from = Math.max(0, line - 1 - Math.round((y - line) * 1.25));
    const share = scene.gloss * (1 - 0.65 * ((y - line) / (height - line)));
    const row = soft(from);
    for (let q = 0, p = y * width * 3; q < row.length; p++, q++) {
      // Uneven water and wet stone break the mirror up.
      const broken = share * clamp(0.55 + 0.6 * at(ground.data, p));
      ground.data[p] = mix(at(ground.data, p), at(row, q), broken);
    }
  }
};

/** Where the ground meets the wall: gradual, with a soft shade in the corner unless the seam is a wide curve. */
const join = (far: Raster, ground: Raster, scene: Scene): Raster => {
  const out = copyRaster(far);
  const { width, height } = out;
  const corner = scene.far === 'none' && scene.seam < 0.05 && scene.wall !== 'clouds' ? 0.2 : 0;
  for (let y = 0; y < height; y++) {
    const share = (y + 0.5) / height;
    const down = smoothstep(scene.horizon - scene.seam, scene.horizon + scene.seam, share);
    const shade = 1 - corner * Math.exp(-Math.abs(share - scene.horizon) / 0.035);
    for (let p = y * width * 3; p < (y + 1) * width * 3; p++)
      out.data[p] = shade * (down <= 0 ? at(out.data, p) : mix(at(out.data, p), at(ground.data, p), down));
  }
  return out;
};

/** Light spilling onto the ground from a glow at the horizon, as a path on water. */
const spill = (ground: Raster, scene: Scene): void => {
  if (scene.glow === null) return;
  const { width, height } = ground;
  const { x: middle, power, color } = scene.glow;
  const light = rgbOf(color);
  const path = scene.surface === 'water' || scene.surface === 'shore' || scene.surface === 'wet';
  for (let y = Math.floor((scene.horizon - scene.seam) * height); y < height; y++) {
    const depth = clamp((y / height - scene.horizon) / (1 - scene.horizon));
    for (let x = 0; x < width; x++) {
      const aside = (x / width - middle) * (width / height);
      const p = (y * width + x) * 3;
      const streak = path
        ? 0.5 * Math.exp(-((aside / (0.07 + 0.22 * depth)) ** 2)) * smoothstep(0.2, 0.7, at(ground.data, p))
        : 0;
      const share = power * (0.22 * Math.exp(-((aside / 0.6) ** 2)) * (1 - 0.6 * depth) + streak);
      for (let c = 0; c < 3; c++)
        ground.data[p + c] = at(ground.data, p + c) + share * (light[c] as number) * (1 - at(ground.data, p + c));
    }
  }
};

/** Grain and a slight vignette: what a lens and a sensor add; grain also keeps soft gradients from banding. */
const finish = (picture: Raster, seed: number): Raster => {
  const next = seeded(seed + 41);
  const { width, height } = picture;
  for (let y = 0, p = 0; y < height; y++) {
    const dy = y / height - 0.5;
    for (let x = 0; x < width; x++) {
      const dx = x / width - 0.5;
      const factor = 1 - 0.34 * (dx * dx + dy * dy);
      const grain = (next() + next() - 1) * 0.013;
      for (let c = 0; c < 3; c++, p++) picture.data[p] = clamp(at(picture.data, p) * factor + grain);
    }
  }
  return picture;
};

/** Draws the scene; `seed` moves clouds, trees and lights. */
export const drawScene = (scene: Scene, width: number, height: number, seed: number): Raster => {
  const size = within({ width, height }, nearSide);
  const far = paintFar(scene, size, seed);
  addLights(far, scene, seed);
  const ground = paintGround(scene, size, seed);
  spill(ground, scene);
  mirror(ground, far, scene);
  const whole = join(far, ground, scene);
  addStars(whole, scene, seed);
  return finish(copyRaster(resizeRaster(whole, width, height)), seed);
};
