import { blurPlane, blurRaster, boxBlurPlane } from './blur.ts';
import { guidedFilter } from './guided.ts';
import { at, type Box, clamp, makePlane, makeRaster, mapPlane, type Plane, type Raster, smoothstep } from './raster.ts';
import { resizePlane, resizeRaster, within } from './resample.ts';

/**
 * A soft edge at full size from a hard mask at working size. The guided filter moves the edge onto the picture's own
 * one, down to hair; away from the edge the mask stands, so that colours alike on both sides do no harm.
 */
export const matte = (picture: Raster, small: Raster, mask: Plane): Plane => {
  const reach = Math.max(3, Math.round(Math.max(mask.width, mask.height) * 0.018));
  const soft = guidedFilter(picture, small, mask, reach, 0.0006);
  const near = resizePlane(boxBlurPlane(boxBlurPlane(mask, reach), 2), picture.width, picture.height);
  const smooth = resizePlane(blurPlane(mask, 1.2), picture.width, picture.height);
  return mapPlane(soft, (value, i) => {
    const around = at(near.data, i);
    const sure = Math.abs(around - 0.5) * 2;
    const refined = smoothstep(0.12, 0.88, value);
    const kept = smoothstep(0.25, 0.75, at(smooth.data, i));
    const trust = smoothstep(0.8, 0.97, sure);
    return clamp(refined + (kept - refined) * trust);
  });
};

/**
 * The subject's own colours near its edge, without what shone through of the old ground: blur fusion (Forte, "Approximate
 * fast foreground colour estimation", https://doi.org/10.1109/ICIP42928.2021.9506164), once wide and once close.
 */
export const ownColors = (picture: Raster, alpha: Plane, box: Box): Raster => {
  const near = Math.ceil(Math.max(alpha.width, alpha.height) * 0.02);
  const part = {
    left: Math.max(0, box.left - near),
    top: Math.max(0, box.top - near),
    right: Math.min(alpha.width, box.right + near),
    bottom: Math.min(alpha.height, box.bottom + near),
  };
  const [width, height] = [part.right - part.left, part.bottom - part.top];
  const own = cleaned(resizeRaster(picture, width, height, part), resizePlane(alpha, width, height, part));
  const out = makeRaster(picture.width, picture.height);
  for (let y = 0; y < height; y++) {
    const from = own.data.subarray(y * width * 3, (y + 1) * width * 3);
    out.data.set(from, ((y + part.top) * picture.width + part.left) * 3);
  }
  return out;
};

const cleaned = (picture: Raster, alpha: Plane): Raster => {
  const { width, height } = picture;
  const size = within(picture, Math.max(width, height) / 4);
  const small = resizeRaster(picture, size.width, size.height);
  const wide = fuse(small, small, small, resizePlane(alpha, size.width, size.height), Math.max(2, size.height * 0.02));
  const [subject, ground] = [wide.subject, wide.ground].map((part) => resizeRaster(part, width, height)) as [
    Raster,
    Raster,
  ];
  return fuse(picture, subject, ground, alpha, Math.max(2, Math.max(width, height) * 0.003)).subject;
};

const fuse = (
  picture: Raster,
  subject: Raster,
  ground: Raster,
  alpha: Plane,
  sigma: number,
): { subject: Raster; ground: Raster } => {
  const inverse = mapPlane(alpha, (value) => 1 - value);
  const front = weighted(subject, alpha, sigma);
  const back = weighted(ground, inverse, sigma);
  const out = makeRaster(picture.width, picture.height);
  for (let i = 0; i < alpha.data.length; i++) {
    const a = at(alpha.data, i);
    for (let p = i * 3; p < i * 3 + 3; p++) {
      const f = at(front.data, p);
      const rest = at(picture.data, p) - a * f - (1 - a) * at(back.data, p);
      out.data[p] = clamp(f + a * rest);
    }
  }
  return { subject: out, ground: back };
};

/** Blurred colours, counting each pixel by its weight. */
const weighted = (picture: Raster, weight: Plane, sigma: number): Raster => {
  const scaled = makeRaster(picture.width, picture.height);
  for (let i = 0; i < weight.data.length; i++) {
    const w = at(weight.data, i) + 1e-4;
    for (let p = i * 3; p < i * 3 + 3; p++) scaled.data[p] = at(picture.data, p) * w;
  }
  const sums = blurRaster(scaled, sigma);
  const total = blurPlane(addTo(weight, 1e-4), sigma);
  for (let i = 0; i < weight.data.length; i++) {
    for (let p = i * 3; p < i * 3 + 3; p++) sums.data[p] = at(sums.data, p) / at(total.data, i);
  }
  return sums;
};

const addTo = (plane: Plane, value: number): Plane => {
  const out = makePlane(plane.width, plane.height);
  for (let i = 0; i < out.data.length; i++) out.data[i] = at(plane.data, i) + value;
  return out;
};
