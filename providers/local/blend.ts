import { blurPlane, blurRaster } from './blur.ts';
import { toCoded, toLinear } from './lab.ts';
import type { Placed } from './place.ts';
import { at, clamp, makeRaster, mix, type Raster, smoothstep } from './raster.ts';
import { resizePlane, resizeRaster } from './resample.ts';
import type { Normals } from './shape.ts';

const brightness = (r: number, g: number, b: number): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/** The backdrop as what it sheds: small, linear, without things. */
const surroundings = (backdrop: Raster): Raster => {
  const tiny = resizeRaster(backdrop, 48, 48);
  const linear = makeRaster(48, 48);
  for (let p = 0; p < tiny.data.length; p++) linear.data[p] = toLinear(at(tiny.data, p));
  return blurRaster(linear, 4.5);
};

/** Mean brightness of the subject, in light. */
const levelOf = ({ picture, alpha }: Placed): number => {
  let sum = 0;
  let total = 1e-6;
  for (let i = 0; i < alpha.data.length; i += 7) {
    const weight = at(alpha.data, i);
    if (weight < 0.1) continue;
    const p = i * 3;
    sum +=
      weight *
      brightness(toLinear(at(picture.data, p)), toLinear(at(picture.data, p + 1)), toLinear(at(picture.data, p + 2)));
    total += weight;
  }
  return sum / total;
};

/** What each point of the subject is multiplied by: the colour and level of the backdrop where its surface faces. */
const gains = (placed: Placed, around: Raster, shape: Normals, amount: number): Raster => {
  const { width, height } = shape;
  const out = makeRaster(width, height);
  let mean = 0;
  for (let i = 0; i < 48 * 48; i++)
    mean += brightness(at(around.data, i * 3), at(around.data, i * 3 + 1), at(around.data, i * 3 + 2)) / 2304;
  const overall = clamp((Math.max(0.01, mean) / Math.max(0.02, levelOf(placed))) ** 0.22, 0.66, 1.12);
  for (let i = 0; i < width * height; i++) {
    const nx = at(shape.x, i);
    const ny = at(shape.y, i);
    const x = clamp((i % width) / width + nx * 0.42) * 47;
    const y = clamp(Math.floor(i / width) / height + ny * 0.32) * 47;
    const p = (Math.round(y) * 48 + Math.round(x)) * 3;
    const [r, g, b] = [at(around.data, p), at(around.data, p + 1), at(around.data, p + 2)];
    const level = Math.max(0.004, brightness(r, g, b));
    const edge = 1 - at(shape.z, i);
    const shade = clamp((level / Math.max(0.01, mean)) ** mix(0.22, 0.5, edge), 0.6, 1.55);
    const hue = mix(0.34, 0.75, smoothstep(0.1, 0.7, edge));
    for (let c = 0; c < 3; c++) {
      const cast = mix(1, clamp(at(around.data, p + c) / level, 0.25, 2.2), hue);
      out.data[i * 3 + c] = mix(1, clamp(overall * shade * cast, 0.35, 1.7), amount);
    }
  }
  return blurRaster(out, 3);
};

/** Draws the subject's light and colour toward the backdrop; `amount` 0 leaves it alone. */
export const attune = (placed: Placed, backdrop: Raster, shape: Normals, amount: number): Raster => {
  if (amount <= 0) return placed.picture;
  const { picture } = placed;
  const gain = resizeRaster(gains(placed, surroundings(backdrop), shape, amount), picture.width, picture.height);
  const out = makeRaster(picture.width, picture.height);
  for (let p = 0; p < out.data.length; p++) {
    if (at(placed.alpha.data, (p / 3) | 0) <= 0) continue;
    const light = toLinear(at(picture.data, p)) * at(gain.data, p);
    out.data[p] = toCoded(light < 0.8 ? light : 0.8 + 0.2 * (1 - Math.exp(-(light - 0.8) / 0.2)));
  }
  return out;
};

/** Puts the subject over the ground; a thin band of the ground's light wraps around its edge, as in a lens. */
export const layOver = (ground: Raster, subject: Raster, placed: Placed, wrap: number): Raster => {
  const { width, height } = ground;
  const out = makeRaster(width, height);
  const side = Math.max(width, height);
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const near = resizePlane(blurPlane(resizePlane(placed.alpha, half.width, half.height), side * 0.003), width, height);
  const light = resizeRaster(blurRaster(resizeRaster(ground, half.width, half.height), side * 0.012), width, height);
  for (let i = 0, p = 0; p < out.data.length; i++) {
    const a = at(placed.alpha.data, i);
    const spill = a > 0 ? wrap * (1 - at(near.data, i)) : 0;
    for (let c = 0; c < 3; c++, p++) {
      const own = at(subject.data, p);
      const wrapped = own + spill * at(light.data, p) * (1 - own);
      out.data[p] = mix(at(ground.data, p), wrapped, a);
    }
  }
  return out;
};
