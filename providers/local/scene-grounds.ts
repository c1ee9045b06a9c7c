import { smoothstep } from './raster.ts';
import { plank } from './scene-walls.ts';
import { clouds, type Noise } from './seeded.ts';
import type { Scene } from './wire.ts';

/** Dark veins that run, fork and fade over a pale stone. */
const marble = (u: number, v: number, fine: Noise): number => {
  const bend = fine(u * 1.7 + 3, v * 1.7) * 2.4;
  const ridge = 1 - Math.abs(2 * fine(u * 1.3 + bend, v * 1.1 + bend * 0.6) - 1);
  const thin = 1 - Math.abs(2 * fine(u * 3.4 - bend, v * 2.8 + 20) - 1);
  const fade = fine(u * 0.9 + 50, v * 0.9);
  return (
    1.02 -
    0.3 * smoothstep(0.93, 1, ridge) * fade -
    0.12 * smoothstep(0.94, 1, thin) * fade -
    0.09 * fine(u * 2 + 7, v * 2)
  );
};

/** Wind on water: streaks that lie along the horizon. */
const ripple = (u: number, v: number, fine: Noise): number => 0.8 + 0.4 * fine(u * 3 + 70, v * 14);

/** Where the sand begins, as a depth below the horizon. */
export const shoreDepth = 0.34;

const shore = (x: number, depth: number, u: number, v: number, fine: Noise): number => {
  const edge = shoreDepth + 0.05 * (fine(x * 4 + 11, 5) - 0.5) + 0.012 * (fine(x * 30 + 3, 8) - 0.5);
  const beyond = depth - edge;
  if (beyond < -0.02) return ripple(u, v, fine) * (1 + 0.35 * smoothstep(0.62, 0.75, fine(u * 1.4 + 9, v * 6)));
  if (beyond < 0) return 1 + 0.28 * smoothstep(-0.02, -0.008, beyond);
  const wet = 1 - 0.16 * smoothstep(0.14, 0.02, beyond);
  return wet * (0.95 + 0.08 * fine(u * 12 + 300, v * 26) + 0.05 * fine(u * 90 + 900, v * 90));
};

/** The ground's texture, a factor on its colour, seen in perspective: `depth` is 0 at the horizon and 1 at the bottom. */
export const groundOf = (scene: Scene, seed: number): ((x: number, depth: number) => number) => {
  const fine = clouds(seed + 11, 4);
  const seen =
    (texture: (u: number, v: number, depth: number, x: number) => number) =>
    (x: number, depth: number): number => {
      const far = 1 / (0.2 + depth);
      return texture((x - 0.5) * far, far, depth, x);
    };
  switch (scene.surface) {
    case 'planks':
      return seen((u, v) => plank(u * 3.4 + 40, v * 3.4, fine));
    case 'marble':
      return seen((u, v) => marble(u * 0.9 + 5, v * 0.9, fine));
    case 'stone':
      return seen((u, v) => 0.82 + 0.3 * fine(u * 5 + 70, v * 5) + 0.16 * (fine(u * 60 + 70, v * 60) - 0.5));
    case 'grass':
      return seen((u, v, depth) => {
        const blades = fine(u * 95 + 500, v * 30) - 0.5;
        return 0.86 + 0.34 * (fine(u * 5 + 90, v * 5) - 0.3) + (0.3 + 0.6 * depth) * blades;
      });
    case 'sand':
      return seen((u, v) => 0.93 + 0.11 * fine(u * 9 + 300, v * 22) + 0.05 * fine(u * 90 + 900, v * 90));
    case 'shore':
      return seen((u, v, depth, x) => shore(x, depth, u, v, fine));
    case 'water':
      return seen((u, v) => ripple(u, v, fine));
    case 'wet':
      return seen((u, v) => 0.75 + 0.5 * fine(u * 7 + 70, v * 9));
    case 'plaster':
      return seen((u, v) => 0.93 + 0.09 * fine(u * 16 + 70, v * 16) + 0.06 * fine(u * 4 + 70, v * 4));
    default:
      return () => 1;
  }
};
