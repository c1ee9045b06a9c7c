import { blurPlane } from './blur.ts';
import { distanceInside } from './grabcut.ts';
import { openCv } from './opencv.ts';
import { at, luma, makePlane, mapPlane, type Plane, type Raster } from './raster.ts';
import { resizePlane, resizeRaster, within } from './resample.ts';

/** Which way a surface faces, per pixel: x to the right, y down, z to the viewer. */
export interface Normals {
  readonly width: number;
  readonly height: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly z: Float32Array;
}

/** Light is smooth: its map needs no more pixels than this. */
const shapeSide = 448;

/** A body is round: from its outline inwards it rises like a circle, then goes flat. */
const inflated = (distance: Plane, radius: number): Plane =>
  mapPlane(distance, (value) => {
    const t = Math.min(1, value / radius);
    return Math.sqrt(1 - (1 - t) * (1 - t)) * radius;
  });

/**
 * Shape from outline and brightness, with no model: the outline gives the volume, mid-sized brightness the relief
 * (what is lighter than around it is taken to stand out, as noses and folds do).
 */
export const shapeNormals = async (picture: Raster, alpha: Plane | undefined): Promise<Normals> => {
  const size = within(picture, shapeSide);
  const { width, height } = size;
  const side = Math.max(width, height);
  const bright = luma(resizeRaster(picture, width, height));
  const fine = blurPlane(bright, side * 0.009);
  const broad = blurPlane(bright, side * 0.03);
  let volume = makePlane(width, height);
  if (alpha !== undefined) {
    const solid = mapPlane(resizePlane(alpha, width, height), (value) => (value > 0.5 ? 1 : 0));
    const distance = distanceInside(await openCv(), solid);
    volume = blurPlane(inflated(distance, side * 0.19), side * 0.014);
  }
  const relief = side * 0.026;
  const heights = mapPlane(volume, (value, i) => value * 0.95 + (at(fine.data, i) - at(broad.data, i)) * relief);
  return slopes(blurPlane(heights, side * 0.003));
};

const slopes = (heights: Plane): Normals => {
  const { width, height, data } = heights;
  const out = {
    width,
    height,
    x: new Float32Array(data.length),
    y: new Float32Array(data.length),
    z: new Float32Array(data.length),
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const dx = (at(data, y * width + Math.min(width - 1, x + 1)) - at(data, y * width + Math.max(0, x - 1))) / 2;
      const dy = (at(data, Math.min(height - 1, y + 1) * width + x) - at(data, Math.max(0, y - 1) * width + x)) / 2;
      const length = Math.hypot(dx, dy, 1);
      out.x[i] = -dx / length;
      out.y[i] = -dy / length;
      out.z[i] = 1 / length;
    }
  }
  return out;
};
