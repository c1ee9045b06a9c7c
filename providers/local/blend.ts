import { blurPlane, blurRaster } from './blur.ts';
import { toCoded, toLinear } from './lab.ts';
import type { Normals } from './normals.ts';
import type { Placed } from './place.ts';
import { at, clamp, makeRaster, mix, type Raster, smoothstep } from './raster.ts';
import { planeRows, rasterRows, resizePlane, resizeRaster } from './resample.ts';

const brightness = (r: number, g: number, b: number): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/** The backdrop as what it sheds: small, linear, without things. */
const side = 48;
const surroundings = (backdrop: Raster): Raster => {
  const tiny = resizeRaster(backdrop, side, side);
  const linear = makeRaster(side, side);
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

const meanLevel = ({ data }: Raster): number => {
  let sum = 0;
  for (let p = 0; p < data.length; p += 3) sum += brightness(at(data, p), at(data, p + 1), at(data, p + 2));
  return Math.max(0.01, sum / (data.length / 3));
};

/** What each point of the subject is multiplied by, and what is added at edges that the backdrop shines past. */
interface Reach {
  readonly gain: Raster;
  readonly rim: Raster;
}

const reachOf = (placed: Placed, around: Raster, shape: Normals, amount: number): Reach => {
  const { width, height } = shape;
  const gain = makeRaster(width, height);
  const rim = makeRaster(width, height);
  const mean = meanLevel(around);
  const overall = clamp((mean / Math.max(0.02, levelOf(placed))) ** 0.28, 0.42, 1.12);
  for (let i = 0; i < width * height; i++) {
    // A surface sees what it faces: at its edge that is the backdrop beside it, in its middle a mixture.
    const x = clamp((i % width) / width + at(shape.x, i) * 0.42) * (side - 1);
    const y = clamp(Math.floor(i / width) / height + at(shape.y, i) * 0.32) * (side - 1);
    const p = (Math.round(y) * side + Math.round(x)) * 3;
    const level = Math.max(0.004, brightness(at(around.data, p), at(around.data, p + 1), at(around.data, p + 2)));
    const edge = 1 - at(shape.z, i);
    const shade = clamp((level / mean) ** mix(0.26, 0.5, edge), 0.6, 1.5);
    const hue = mix(0.46, 0.82, smoothstep(0.08, 0.6, edge));
    const grazing = 0.16 * amount * smoothstep(0.25, 0.85, edge);
    for (let c = 0; c < 3; c++) {
      const cast = mix(1, clamp(at(around.data, p + c) / level, 0.3, 2.1), hue);
      gain.data[i * 3 + c] = mix(1, clamp(overall * shade * cast, 0.22, 1.7), amount);
      rim.data[i * 3 + c] = grazing * at(around.data, p + c);
    }
  }
  return { gain: blurRaster(gain, Math.max(width, height) * 0.02), rim: blurRaster(rim, 1) };
};

/** Brighter or darker without clipping: white stays below white, and 1 changes nothing. */
export const exposed = (light: number, gain: number): number =>
  gain <= 1 ? light * gain : 1 - (1 - Math.min(1, light)) ** gain;

/** Draws the subject's light and colour toward the backdrop; `amount` 0 leaves it alone. */
export const attune = (placed: Placed, backdrop: Raster, shape: Normals, amount: number): Raster => {
  if (amount <= 0) return placed.picture;
  const { width, height, data } = placed.picture;
  const reach = reachOf(placed, surroundings(backdrop), shape, amount);
  const gains = rasterRows(reach.gain, width, height);
  const rims = rasterRows(reach.rim, width, height);
  const out = makeRaster(width, height);
  for (let y = 0; y < height; y++) {
    const [gain, rim] = [gains(y), rims(y)];
    const base = y * width * 3;
    for (let p = 0; p < gain.length; p++) {
      if (at(placed.alpha.data, ((base + p) / 3) | 0) <= 0) continue;
      const light = exposed(toLinear(at(data, base + p)), at(gain, p));
      out.data[base + p] = toCoded(light + at(rim, p) * (1 - light));
    }
  }
  return out;
};

/** Puts the subject over the ground; a thin band of the ground's light wraps around its edge, as in a lens. */
export const layOver = (ground: Raster, subject: Raster, placed: Placed, wrap: number): Raster => {
  const { width, height } = ground;
  const out = makeRaster(width, height);
  const longest = Math.max(width, height);
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const inner = blurPlane(resizePlane(placed.alpha, half.width, half.height), longest * 0.003);
  const insides = planeRows(inner, width, height);
  const small = resizeRaster(ground, Math.ceil(width / 8), Math.ceil(height / 8));
  const lights = rasterRows(blurRaster(small, longest * 0.003), width, height);
  for (let y = 0, i = 0, p = 0; y < height; y++) {
    const [inside, light] = [insides(y), lights(y)];
    for (let x = 0; x < width; x++, i++) {
      const a = at(placed.alpha.data, i);
      const spill = a > 0 ? wrap * (1 - at(inside, x)) : 0;
      for (let c = 0; c < 3; c++, p++) {
        const own = at(subject.data, p);
        out.data[p] = mix(at(ground.data, p), own + spill * at(light, x * 3 + c) * (1 - own), a);
      }
    }
  }
  return out;
};
