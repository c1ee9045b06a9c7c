import { at, item, makePlane, type Plane, type Raster, smoothstep } from './raster.ts';

/**
 * How hard it is to walk from the border to each pixel without crossing a change of colour: the minimum barrier
 * distance (Zhang and others, https://doi.org/10.1109/ICCV.2015.165). Grounds touch the border, subjects do not.
 */
const barrier = (lab: Raster, channel: number, seeds: Uint8Array): Float32Array => {
  const { width, height } = lab;
  const value = (i: number): number => at(lab.data, i * 3 + channel);
  const distance = new Float32Array(width * height).fill(1e9);
  const high = new Float32Array(width * height);
  const low = new Float32Array(width * height);
  for (let i = 0; i < distance.length; i++) {
    high[i] = low[i] = value(i);
    if (seeds[i] === 1) distance[i] = 0;
  }
  const step = (i: number, from: number): void => {
    const up = Math.max(at(high, from), value(i));
    const down = Math.min(at(low, from), value(i));
    if (up - down >= at(distance, i)) return;
    distance[i] = up - down;
    high[i] = up;
    low[i] = down;
  };
  for (let pass = 0; pass < 4; pass++) {
    const forward = pass % 2 === 0;
    for (let n = 0; n < distance.length; n++) {
      const i = forward ? n : distance.length - 1 - n;
      const x = i % width;
      if (forward ? x > 0 : x < width - 1) step(i, forward ? i - 1 : i + 1);
      if (forward ? i >= width : i < distance.length - width) step(i, forward ? i - width : i + width);
    }
  }
  return distance;
};

interface Strip {
  readonly inside: (x: number, y: number) => boolean;
}

/** Distance of each pixel from the colours of one border strip, in standard deviations. */
const strangeness = (lab: Raster, strip: Strip): Float32Array => {
  const { width, height, data } = lab;
  const sum = [0, 0, 0];
  const squares = [0, 0, 0];
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!strip.inside(x, y)) continue;
      count++;
      for (let c = 0; c < 3; c++) {
        const value = at(data, (y * width + x) * 3 + c);
        sum[c] = item(sum, c) + value;
        squares[c] = item(squares, c) + value * value;
      }
    }
  }
  const out = new Float32Array(width * height);
  for (let i = 0; i < out.length; i++) {
    let total = 0;
    for (let c = 0; c < 3; c++) {
      const mean = item(sum, c) / count;
      const variance = item(squares, c) / count - mean * mean + 12;
      total += (at(data, i * 3 + c) - mean) ** 2 / variance;
    }
    out[i] = Math.sqrt(total);
  }
  return out;
};

const scaled = (values: Float32Array): Float32Array => {
  const sorted = Float32Array.from(values).sort();
  const top = Math.max(1e-6, at(sorted, Math.floor(sorted.length * 0.98)));
  return values.map((value) => Math.min(1, value / top));
};

/** 0 ground to 1 subject, from colour alone; the bottom border counts only at its corners: people end there. */
export const salience = (lab: Raster): Plane => {
  const { width, height } = lab;
  const corner = width * 0.14;
  const seeds = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bottom = y === height - 1 && (x < corner || x > width - corner);
      if (y === 0 || x === 0 || x === width - 1 || bottom) seeds[y * width + x] = 1;
    }
  }
  const walls = [0, 1, 2].map((c) => barrier(lab, c, seeds));
  const band = Math.round(Math.max(width, height) * 0.06);
  const strips: readonly Strip[] = [
    { inside: (_, y) => y < band },
    { inside: (x) => x < band },
    { inside: (x) => x >= width - band },
  ];
  const strange = strips.map((strip) => strangeness(lab, strip));
  const walk = scaled(
    walls[0]?.map(
      (wall, i) => wall + at(walls[1] as Float32Array, i) * 1.5 + at(walls[2] as Float32Array, i) * 1.5,
    ) as Float32Array,
  );
  // The strip a subject crosses would call the subject ordinary: the most deviating strip is left out.
  const odd = scaled(
    new Float32Array(width * height).map((_, i) => {
      const values = strange.map((of) => at(of, i));
      return values.reduce((sum, value) => sum + value, 0) - Math.max(...values);
    }),
  );
  const out = makePlane(width, height);
  for (let i = 0; i < out.data.length; i++) {
    const x = (i % width) / width - 0.5;
    const y = Math.floor(i / width) / height;
    // Subjects stand in the middle and widen downwards, as heads do into shoulders.
    const reach = 0.2 + 0.2 * smoothstep(0.2, 0.62, y);
    const center = Math.exp(-((x / reach) ** 2) * 0.8) * smoothstep(-0.12, 0.12, y);
    out.data[i] = (0.75 * Math.min(at(walk, i), at(odd, i) * 2) + 0.25 * at(odd, i)) * (0.35 + 0.65 * center);
  }
  return out;
};
