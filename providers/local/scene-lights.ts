import { rgbOf } from './paint.ts';
import { at, type Raster, type Rgb, smoothstep } from './raster.ts';
import { seeded } from './seeded.ts';
import type { Scene } from './wire.ts';

const busy = ['neon', 'stage', 'cafe', 'street', 'skyline'];

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly power: number;
  readonly color: Rgb;
}

const addDisc = (picture: Raster, disc: Disc, soft: number): void => {
  const { width, height, data } = picture;
  for (let y = Math.max(0, Math.floor(disc.y - disc.radius)); y < Math.min(height, disc.y + disc.radius); y++) {
    for (let x = Math.max(0, Math.floor(disc.x - disc.radius)); x < Math.min(width, disc.x + disc.radius); x++) {
      const r = Math.hypot(x - disc.x, y - disc.y) / disc.radius;
      const share = disc.power * smoothstep(1, soft, r) * (0.72 + 0.28 * r);
      for (let c = 0; c < 3; c++) {
        const p = (y * width + x) * 3 + c;
        data[p] = at(data, p) + share * (disc.color[c] as number) * (1 - at(data, p) * 0.7);
      }
    }
  }
};

/** Lights out of focus: many small and faint, few large and clear, and near the horizon more than above. */
export const addLights = (picture: Raster, scene: Scene, seed: number): void => {
  const colors = scene.lights.map(rgbOf);
  if (colors.length === 0) return;
  const next = seeded(seed + 31);
  const many = busy.includes(scene.name);
  for (let k = 0; k < (many ? 70 : 22); k++) {
    const color = colors[Math.floor(next() * colors.length)] as Rgb;
    const size = next() ** 2;
    const height = many ? 0.3 + 0.7 * next() ** 0.7 : next();
    addDisc(
      picture,
      {
        x: next() * picture.width,
        y: (0.06 + (scene.horizon - 0.1) * height) * picture.height,
        radius: (0.008 + 0.034 * size) * picture.height,
        power: (many ? 0.75 : 0.42) * (0.15 + 0.85 * next() ** 2) * (1 - 0.45 * size),
        color,
      },
      0.82,
    );
  }
};

/** Stars keep their sharpness: they are points. */
export const addStars = (picture: Raster, scene: Scene, seed: number): void => {
  if (scene.wall !== 'stars') return;
  const next = seeded(seed + 33);
  const count = Math.round((picture.width * picture.height) / 1500);
  const unit = Math.max(picture.width, picture.height) / 1024;
  for (let k = 0; k < count; k++) {
    const power = next() ** 4;
    addDisc(
      picture,
      {
        x: next() * picture.width,
        y: next() * picture.height * scene.horizon,
        radius: unit * (1.3 + 2.6 * power),
        power: 0.35 + 0.65 * power,
        color: [1, 0.95 + 0.05 * next(), 0.9 + 0.1 * next()],
      },
      0,
    );
  }
};

/** A sun or lamp, its halo, and on water the path of its light. */
export const glowOf = (scene: Scene, ratio: number): ((x: number, y: number) => number) => {
  const { glow } = scene;
  if (glow === null) return () => 0;
  return (x, y) => {
    const dx = ((x - glow.x) * ratio) / glow.size;
    const dy = (y - glow.y) / glow.size;
    const far = dx * dx + dy * dy;
    return glow.power * (0.62 * Math.exp(-2.2 * far) + 0.38 * Math.exp(-16 * far));
  };
};
