import { linearColor, toCoded, toLinear } from './lab.ts';
import { at, clamp, makeRaster, mix, type Plane, type Raster, type Rgb, smoothstep } from './raster.ts';
import { resizePlane, resizeRaster } from './resample.ts';
import { rgbOf } from './scene.ts';
import type { Normals } from './shape.ts';

/** A light, ready to shine: `x` and `y` point to where it comes from, in the picture's plane. */
export interface Lamp {
  readonly x: number;
  readonly y: number;
  /** 0 to 1. */
  readonly strength: number;
  /** 0 soft to 1 hard. */
  readonly contrast: number;
  /** Linear, with a brightness of 1. */
  readonly color: Rgb;
  /** What fills the shadows; linear, with a brightness of 1. */
  readonly fill: Rgb;
}

const brightness = ([r, g, b]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/** The colour of a light alone, softened so that skin stays skin. */
export const tint = (color: Rgb, share: number): Rgb => {
  const light = linearColor(color);
  const level = Math.max(0.02, brightness(light));
  const full = light.map((value) => mix(1, clamp(value / level, 0.12, 2.6), share)) as unknown as Rgb;
  const own = brightness(full);
  return [full[0] / own, full[1] / own, full[2] / own];
};

export const tintOf = (hex: string | undefined, share: number): Rgb =>
  hex === undefined ? [1, 1, 1] : tint(rgbOf(hex), share);

/** Above this, light rolls off instead of clipping. */
const shoulder = 0.72;
const rolled = (value: number): number =>
  value <= shoulder ? value : shoulder + (1 - shoulder) * (1 - Math.exp(-(value - shoulder) / (1 - shoulder)));

/** Factors for the light of each pixel at the shape's size: how much each channel is multiplied, and what is added. */
interface Map {
  readonly gain: Raster;
  readonly added: Raster;
}

/** The subject: what faces the light takes it, what turns away keeps the fill. */
const onSubject = (shape: Normals, lamp: Lamp, mask: Plane | undefined): Map => {
  const { width, height } = shape;
  const gain = makeRaster(width, height);
  const added = makeRaster(width, height);
  const depth = mix(0.85, 0.3, lamp.contrast);
  const length = Math.hypot(lamp.x, lamp.y, depth);
  const ambient = mix(0.42, 0.06, lamp.contrast);
  const facing = new Float32Array(width * height);
  let sum = 0;
  let total = 0;
  for (let i = 0; i < facing.length; i++) {
    const dot = (at(shape.x, i) * lamp.x + at(shape.y, i) * lamp.y + at(shape.z, i) * depth) / length;
    const x = (i % width) / width - 0.5;
    const y = Math.floor(i / width) / height - 0.5;
    const near = Math.exp((x * lamp.x + y * lamp.y) * 2.3);
    // Skin lets light through: the edge of its shade is soft.
    const soft = clamp((dot + 0.22) / 1.22) ** 1.35;
    const value = soft * near;
    facing[i] = value;
    const weight = mask === undefined ? 1 : at(mask.data, i);
    sum += value * weight;
    total += weight;
  }
  const mean = Math.max(0.05, sum / Math.max(1, total));
  for (let i = 0; i < facing.length; i++) {
    const key = Math.min(2.4, at(facing, i) / mean);
    const side = at(shape.x, i) * lamp.x + at(shape.y, i) * lamp.y;
    const rim = Math.max(0, side) * (1 - at(shape.z, i)) ** 1.5 * lamp.strength * 0.35;
    for (let c = 0; c < 3; c++) {
      const lit = ambient * (lamp.fill[c] as number) + (1 - ambient) * key * 1.06 * (lamp.color[c] as number);
      gain.data[i * 3 + c] = clamp(mix(1, lit, lamp.strength), 0.1, 2.8);
      added.data[i * 3 + c] = rim * 0.22 * (lamp.color[c] as number);
    }
  }
  return { gain, added };
};

/** The surroundings: brighter toward the light, with a little haze of it. */
const onGround = (width: number, height: number, lamp: Lamp): Map => {
  const gain = makeRaster(width, height);
  const added = makeRaster(width, height);
  const dim = mix(0.78, 0.42, lamp.contrast);
  for (let i = 0; i < width * height; i++) {
    const x = (i % width) / width - 0.5;
    const y = Math.floor(i / width) / height - 0.5;
    const toward = x * lamp.x + y * lamp.y;
    const directed = lamp.x !== 0 || lamp.y !== 0;
    const key = directed ? dim * Math.exp(toward * 2.2) : 0.9;
    const haze = directed ? smoothstep(0.05, 0.75, toward + 0.1) * 0.11 * lamp.strength : 0;
    for (let c = 0; c < 3; c++) {
      const color = mix(lamp.fill[c] as number, lamp.color[c] as number, smoothstep(-0.4, 0.4, toward));
      gain.data[i * 3 + c] = clamp(mix(1, key * color, lamp.strength), 0.08, 2.2);
      added.data[i * 3 + c] = haze * (lamp.color[c] as number);
    }
  }
  return { gain, added };
};

const shine = (picture: Raster, map: Map, share: (i: number) => number, out: Raster): void => {
  const gain = resizeRaster(map.gain, picture.width, picture.height);
  const added = resizeRaster(map.added, picture.width, picture.height);
  for (let i = 0, p = 0; p < picture.data.length; i++) {
    const own = share(i);
    for (let c = 0; c < 3; c++, p++) {
      if (own <= 0) continue;
      const light = toLinear(at(picture.data, p));
      const lit = rolled(light * at(gain.data, p) + at(added.data, p) * (0.25 + light));
      out.data[p] = at(out.data, p) + own * toCoded(lit);
    }
  }
};

/** Lights the subject by its shape, scaled by `share`, and the surroundings by their place; either may be left out. */
export const shineOn = (
  picture: Raster,
  alpha: Plane | undefined,
  shape: Normals,
  lamp: Lamp,
  keep: number,
): Raster => {
  const out = makeRaster(picture.width, picture.height);
  const mask = alpha === undefined ? undefined : resizePlane(alpha, shape.width, shape.height);
  const subject = onSubject(shape, { ...lamp, strength: lamp.strength * (1 - keep) }, mask);
  if (alpha === undefined) {
    const half = mapShare(onGround(shape.width, shape.height, lamp), subject);
    shine(picture, half, () => 1, out);
    return out;
  }
  shine(picture, subject, (i) => at(alpha.data, i), out);
  shine(picture, onGround(shape.width, shape.height, lamp), (i) => 1 - at(alpha.data, i), out);
  return out;
};

/** Light on a cut-out alone: its ground is drawn elsewhere. */
export const shineOnSubject = (picture: Raster, alpha: Plane, shape: Normals, lamp: Lamp): Raster => {
  const out = makeRaster(picture.width, picture.height);
  shine(picture, onSubject(shape, lamp, resizePlane(alpha, shape.width, shape.height)), () => 1, out);
  return out;
};

export const shineOnGround = (picture: Raster, lamp: Lamp): Raster => {
  const out = makeRaster(picture.width, picture.height);
  shine(picture, onGround(64, 64, lamp), () => 1, out);
  return out;
};

/** Where no subject stands out, the whole picture is a scene with relief. */
const mapShare = (ground: Map, relief: Map): Map => {
  const gain = makeRaster(ground.gain.width, ground.gain.height);
  for (let p = 0; p < gain.data.length; p++)
    gain.data[p] = Math.sqrt(at(ground.gain.data, p) * at(relief.gain.data, p));
  return { gain, added: ground.added };
};
