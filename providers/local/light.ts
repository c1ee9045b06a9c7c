import { exposed } from './blend.ts';
import { linearColor, toCoded, toLinear } from './lab.ts';
import type { Normals } from './normals.ts';
import { rgbOf } from './paint.ts';
import { at, clamp, makeRaster, mix, type Plane, type Raster, type Rgb, smoothstep } from './raster.ts';
import { rasterRows, resizePlane } from './resample.ts';

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
  /** How much of the fill comes from the other side, as a second lamp; 0 when it comes from everywhere. */
  readonly second: number;
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

/** Factors for the light of each pixel at the shape's size: how much each channel is multiplied, and what is added. */
interface Map {
  readonly gain: Raster;
  readonly added: Raster;
}

/** White cloth has no room above it: it is modelled by its shade, not by more light. */
const roomFor = (picture: Raster, alpha: Plane): number => {
  let sum = 0;
  let total = 1e-6;
  for (let i = 0; i < alpha.data.length; i += 5) {
    const weight = at(alpha.data, i);
    if (weight < 0.5) continue;
    const p = i * 3;
    const [r, g, b] = [at(picture.data, p), at(picture.data, p + 1), at(picture.data, p + 2)];
    sum += weight * brightness([toLinear(r), toLinear(g), toLinear(b)]);
    total += weight;
  }
  return 1 - 0.3 * smoothstep(0.35, 0.85, sum / total);
};

/** How much of the lamp each point of the shape takes, with a mean of 1 over the mask. */
const facingOf = (shape: Normals, lamp: Lamp, mask: Plane | undefined): Float32Array => {
  const { width, height } = shape;
  const depth = mix(0.8, 0.26, lamp.contrast);
  const length = Math.hypot(lamp.x, lamp.y, depth);
  const facing = new Float32Array(width * height);
  let sum = 0;
  let total = 1e-6;
  for (let i = 0; i < facing.length; i++) {
    const dot = (at(shape.x, i) * lamp.x + at(shape.y, i) * lamp.y + at(shape.z, i) * depth) / length;
    const x = (i % width) / width - 0.5;
    const y = Math.floor(i / width) / height - 0.5;
    const near = Math.exp((x * lamp.x + y * lamp.y) * 2.3);
    // Skin lets light through: the edge of its shade is soft.
    const value = clamp((dot + 0.2) / 1.2) ** 1.45 * near;
    facing[i] = value;
    const weight = mask === undefined ? 1 : at(mask.data, i);
    sum += value * weight;
    total += weight;
  }
  const mean = Math.max(0.05, sum / total);
  return facing.map((value) => Math.min(2.4, value / mean));
};

/** The subject: what faces the light takes it, what turns away keeps the fill. */
const onSubject = (shape: Normals, lamp: Lamp, mask: Plane | undefined, room: number): Map => {
  const { width, height } = shape;
  const gain = makeRaster(width, height);
  const added = makeRaster(width, height);
  const ambient = mix(0.4, 0.06, lamp.contrast);
  const facing = facingOf(shape, lamp, mask);
  for (let i = 0; i < facing.length; i++) {
    const side = at(shape.x, i) * lamp.x + at(shape.y, i) * lamp.y;
    const edge = (1 - at(shape.z, i)) ** 1.5;
    const away = lamp.second * (ambient + 0.25) * clamp(0.25 - side * 1.3, 0, 1.3);
    const rim = Math.max(0, side) * edge * lamp.strength * 0.08;
    const back = lamp.second * Math.max(0, -side) * edge * lamp.strength * 0.1;
    for (let c = 0; c < 3; c++) {
      const [color, fill] = [lamp.color[c] as number, lamp.fill[c] as number];
      const lit = room * (ambient * fill + away * fill + (1 - ambient) * 1.06 * at(facing, i) * color);
      gain.data[i * 3 + c] = clamp(mix(1, lit, lamp.strength), 0.08, 2.8);
      added.data[i * 3 + c] = rim * color + back * fill;
    }
  }
  return { gain, added };
};

/** The surroundings: brighter toward the light, with a little haze of it. */
const onGround = (width: number, height: number, lamp: Lamp): Map => {
  const gain = makeRaster(width, height);
  const added = makeRaster(width, height);
  const dim = mix(0.84, 0.46, lamp.contrast);
  const directed = lamp.x !== 0 || lamp.y !== 0;
  for (let i = 0; i < width * height; i++) {
    const x = (i % width) / width - 0.5;
    const y = Math.floor(i / width) / height - 0.5;
    const toward = x * lamp.x + y * lamp.y;
    const key = directed ? dim * Math.exp(toward * 2) : 0.9;
    const haze = directed ? smoothstep(0.05, 0.75, toward + 0.1) * 0.1 * lamp.strength : 0;
    const share = smoothstep(-0.4, 0.4, toward);
    for (let c = 0; c < 3; c++) {
      const color = mix(lamp.fill[c] as number, lamp.color[c] as number, share);
      gain.data[i * 3 + c] = clamp(mix(1, key * color, lamp.strength), 0.08, 2.2);
      added.data[i * 3 + c] = haze * (lamp.color[c] as number);
    }
  }
  return { gain, added };
};

const shine = (picture: Raster, map: Map, share: (i: number) => number, out: Raster): void => {
  const { width, height } = picture;
  const gains = rasterRows(map.gain, width, height);
  const extras = rasterRows(map.added, width, height);
  for (let y = 0, i = 0, p = 0; y < height; y++) {
    const [gain, extra] = [gains(y), extras(y)];
    for (let q = 0; q < gain.length; i++) {
      const own = share(i);
      for (let c = 0; c < 3; c++, p++, q++) {
        if (own <= 0) continue;
        const light = exposed(toLinear(at(picture.data, p)), at(gain, q));
        out.data[p] = at(out.data, p) + own * toCoded(light + at(extra, q) * (0.25 + light) * (1 - light));
      }
    }
  }
};

/** Lights the subject by its shape, less where `keep` holds it, and the surroundings by their place. */
export const shineOn = (
  picture: Raster,
  alpha: Plane | undefined,
  shape: Normals,
  lamp: Lamp,
  keep: number,
): Raster => {
  const out = makeRaster(picture.width, picture.height);
  const own = { ...lamp, strength: lamp.strength * (1 - keep) };
  if (alpha === undefined) {
    shine(
      picture,
      oneScene(onGround(shape.width, shape.height, own), onSubject(shape, own, undefined, 1)),
      () => 1,
      out,
    );
    return out;
  }
  const mask = resizePlane(alpha, shape.width, shape.height);
  shine(picture, onSubject(shape, own, mask, roomFor(picture, alpha)), (i) => at(alpha.data, i), out);
  shine(picture, onGround(shape.width, shape.height, lamp), (i) => 1 - at(alpha.data, i), out);
  return out;
};

/** Light on a cut-out alone: its ground is drawn elsewhere. */
export const shineOnSubject = (picture: Raster, alpha: Plane, shape: Normals, lamp: Lamp): Raster => {
  const out = makeRaster(picture.width, picture.height);
  const mask = resizePlane(alpha, shape.width, shape.height);
  shine(picture, onSubject(shape, lamp, mask, roomFor(picture, alpha)), (i) => (at(alpha.data, i) > 0 ? 1 : 0), out);
  return out;
};

export const shineOnGround = (picture: Raster, lamp: Lamp): Raster => {
  const out = makeRaster(picture.width, picture.height);
  shine(picture, onGround(64, 64, lamp), () => 1, out);
  return out;
};

/** Where no subject stands out, the whole picture is a scene with relief. */
const oneScene = (ground: Map, relief: Map): Map => {
  const gain = makeRaster(ground.gain.width, ground.gain.height);
  for (let p = 0; p < gain.data.length; p++)
    gain.data[p] = Math.sqrt(at(ground.gain.data, p) * at(relief.gain.data, p));
  return { gain, added: ground.added };
};
