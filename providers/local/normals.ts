import { blurPlane } from './blur.ts';
import { at, clamp, luma, makePlane, mapPlane, type Plane, type Raster } from './raster.ts';
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

/** Widths of the parts that bodies and things consist of, fingers to trunks, as shares of the longest side. */
const scales = [0.012, 0.03, 0.07, 0.14] as const;

/**
 * A body is round: each scale rises from the outline like a circle and goes flat inside, where that scale's blur no
 * longer sees the edge. Distances from the outline would do the same with a crease down the middle.
 */
const volumeOf = (outline: Plane, side: number): Plane => {
  const out = makePlane(outline.width, outline.height);
  for (const scale of scales) {
    const soft = blurPlane(outline, side * scale);
    for (let i = 0; i < out.data.length; i++) {
      const left = 1 - clamp(2 * at(soft.data, i) - 1);
      out.data[i] = at(out.data, i) + 1.35 * scale * side * Math.sqrt(1 - left * left);
    }
  }
  return blurPlane(out, side * 0.013);
};

/**
 * Shape from outline and brightness, with no model: the outline gives the volume, mid-sized brightness the relief
 * (what is lighter than around it is taken to stand out, as noses and folds do).
 */
export const shapeNormals = (picture: Raster, alpha: Plane | undefined): Normals => {
  const { width, height } = within(picture, shapeSide);
  const side = Math.max(width, height);
  const bright = luma(resizeRaster(picture, width, height));
  const fine = blurPlane(bright, side * 0.009);
  const broad = blurPlane(bright, side * 0.03);
  const volume = alpha === undefined ? undefined : volumeOf(resizePlane(alpha, width, height), side);
  const relief = side * 0.026;
  const heights = mapPlane(fine, (value, i) => {
    const raised = (value - at(broad.data, i)) * relief;
    return volume === undefined ? raised : at(volume.data, i) + raised;
  });
  return slopes(blurPlane(heights, side * 0.003));
};

const slopes = ({ width, height, data }: Plane): Normals => {
  const out = {
    width,
    height,
    x: new Float32Array(data.length),
    y: new Float32Array(data.length),
    z: new Float32Array(data.length),
  };
  for (let y = 0; y < height; y++) {
    const above = Math.max(0, y - 1) * width;
    const below = Math.min(height - 1, y + 1) * width;
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const dx = (at(data, y * width + Math.min(width - 1, x + 1)) - at(data, y * width + Math.max(0, x - 1))) / 2;
      const dy = (at(data, below + x) - at(data, above + x)) / 2;
      const length = Math.hypot(dx, dy, 1);
      out.x[i] = -dx / length;
      out.y[i] = -dy / length;
      out.z[i] = 1 / length;
    }
  }
  return out;
};
