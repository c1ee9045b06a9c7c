import { blurPlane, boxBlurPlane } from './blur.ts';
import { guidedAt, guidedSlopes } from './guided.ts';
import { at, clamp, makePlane, mix, type Plane, type Raster, smoothstep } from './raster.ts';

/**
 * A soft edge at full size from a hard mask at working size. The guided filter moves the edge onto the picture's own
 * one, down to hair; away from the edge the mask stands, so that colours alike on both sides do no harm.
 */
export const matte = (picture: Raster, small: Raster, mask: Plane): Plane => {
  const reach = Math.max(3, Math.round(Math.max(mask.width, mask.height) * 0.018));
  const slopes = guidedSlopes(small, mask, reach, 0.0006);
  const near = boxBlurPlane(boxBlurPlane(mask, reach), 2);
  const smooth = blurPlane(mask, 1.2);
  const out = makePlane(picture.width, picture.height);
  const by = mask.width / picture.width;
  for (let y = 0, i = 0; y < out.height; y++) {
    const sy = (y + 0.5) * by - 0.5;
    for (let x = 0; x < out.width; x++, i++) {
      const sx = (x + 0.5) * by - 0.5;
      const around = readPlane(near, sx, sy);
      const trust = smoothstep(0.8, 0.97, Math.abs(around - 0.5) * 2);
      if (trust === 1) {
        out.data[i] = around > 0.5 ? 1 : 0;
        continue;
      }
      const kept = smoothstep(0.25, 0.75, readPlane(smooth, sx, sy));
      out.data[i] = mix(smoothstep(0.12, 0.88, guidedAt(slopes, sx, sy, picture, i * 3)), kept, trust);
    }
  }
  return out;
};

/** Reads between four pixels. */
const readPlane = ({ width, height, data }: Plane, x: number, y: number): number => {
  const left = Math.max(0, Math.min(width - 2, x | 0));
  const top = Math.max(0, Math.min(height - 2, y | 0));
  const u = clamp(x - left);
  const v = clamp(y - top);
  const a = top * width + left;
  const c = height > 1 ? a + width : a;
  return (at(data, a) * (1 - u) + at(data, a + 1) * u) * (1 - v) + (at(data, c) * (1 - u) + at(data, c + 1) * u) * v;
};
