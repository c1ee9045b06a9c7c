import { type OpenCv, withMats } from './opencv.ts';
import { at, type Box, clamp, item, makePlane, mapPlane, type Plane, type Raster } from './raster.ts';

/** OpenCV's marks: what GrabCut may not change, and what it may. */
export const mark = { ground: 0, subject: 1, maybeGround: 2, maybeSubject: 3 } as const;

/** Separates by colour models of both sides, starting from the marks. */
export const grabCut = (cv: OpenCv, picture: Raster, marks: Uint8Array, iterations: number): Plane =>
  withMats((keep) => {
    const { width, height } = picture;
    const image = keep(new cv.Mat(height, width, cv.CV_8UC3));
    // Each reading of `data` makes a new view of the heap.
    const bytes = image.data;
    for (let i = 0; i < picture.data.length; i++) bytes[i] = clamp(at(picture.data, i)) * 255;
    const mask = keep(new cv.Mat(height, width, cv.CV_8UC1));
    mask.data.set(marks);
    const models = [keep(new cv.Mat()), keep(new cv.Mat())] as const;
    // Its colour models start from random numbers that go on from call to call: equal inputs must give equal cuts.
    cv.setRNGSeed(7);
    cv.grabCut(image, mask, new cv.Rect(0, 0, width, height), models[0], models[1], iterations, cv.GC_INIT_WITH_MASK);
    const out = makePlane(width, height);
    const found = mask.data;
    for (let i = 0; i < out.data.length; i++) out.data[i] = item(found, i) & 1;
    return out;
  });

interface Region {
  readonly area: number;
  readonly box: Box;
  readonly labels: Int32Array;
  readonly label: number;
}

const regions = (cv: OpenCv, mask: Plane, of: (value: number) => boolean): readonly Region[] =>
  withMats((keep) => {
    const source = keep(new cv.Mat(mask.height, mask.width, cv.CV_8UC1));
    const bytes = source.data;
    for (let i = 0; i < mask.data.length; i++) bytes[i] = of(at(mask.data, i)) ? 255 : 0;
    const labels = keep(new cv.Mat());
    const stats = keep(new cv.Mat());
    const count = cv.connectedComponentsWithStats(source, labels, stats, keep(new cv.Mat()), 4, cv.CV_32S);
    const copy = Int32Array.from(labels.data32S);
    const numbers = Int32Array.from(stats.data32S);
    const stat = (k: number, which: number): number => item(numbers, (k + 1) * 5 + which);
    return Array.from({ length: count - 1 }, (_, k) => ({
      area: stat(k, 4),
      box: { left: stat(k, 0), top: stat(k, 1), right: stat(k, 0) + stat(k, 2), bottom: stat(k, 1) + stat(k, 3) },
      labels: copy,
      label: k + 1,
    }));
  });

/** A connected part of a mask. */
export interface Patch {
  readonly area: number;
  readonly box: Box;
  readonly mask: () => Plane;
}

export const patchesOf = (cv: OpenCv, mask: Plane): readonly Patch[] =>
  regions(cv, mask, (value) => value > 0.5).map(({ area, box, labels, label }) => ({
    area,
    box,
    mask: () => mapPlane(mask, (_, i) => (labels[i] === label ? 1 : 0)),
  }));

/** Keeps the large parts and closes small holes; shares are of the largest part and of the picture. */
export const tidy = (cv: OpenCv, mask: Plane, smallestPart: number, largestHole: number): Plane => {
  const out = makePlane(mask.width, mask.height);
  const parts = regions(cv, mask, (value) => value > 0.5);
  const largest = Math.max(0, ...parts.map((part) => part.area));
  const kept = new Set(parts.filter((part) => part.area >= largest * smallestPart).map((part) => part.label));
  const labels = parts[0]?.labels;
  if (labels === undefined) return out;
  for (let i = 0; i < out.data.length; i++) out.data[i] = kept.has(item(labels, i)) ? 1 : 0;
  const holes = regions(cv, out, (value) => value < 0.5);
  const closed = new Set(holes.filter((hole) => hole.area < largestHole * out.data.length).map((hole) => hole.label));
  const holeLabels = holes[0]?.labels;
  if (holeLabels === undefined) return out;
  for (let i = 0; i < out.data.length; i++) if (closed.has(item(holeLabels, i))) out.data[i] = 1;
  return out;
};

/** Pixels to the nearest 0 of the mask. */
export const distanceInside = (cv: OpenCv, mask: Plane): Plane =>
  withMats((keep) => {
    const source = keep(new cv.Mat(mask.height, mask.width, cv.CV_8UC1));
    const bytes = source.data;
    for (let i = 0; i < mask.data.length; i++) bytes[i] = at(mask.data, i) > 0.5 ? 255 : 0;
    const distances = keep(new cv.Mat());
    cv.distanceTransform(source, distances, cv.DIST_L2, 5);
    return { width: mask.width, height: mask.height, data: Float32Array.from(distances.data32F) };
  });

/** Takes away what is thinner than twice `radius` and long: poles and edges of things behind, not fingers or hair. */
export const withoutStrips = (cv: OpenCv, mask: Plane, radius: number, longest: number): Plane => {
  const core = distanceInside(cv, mask);
  const away = distanceInside(
    cv,
    mapPlane(core, (value) => (value > radius ? 0 : 1)),
  );
  const thin = mapPlane(mask, (value, i) => (value > 0.5 && at(away.data, i) > radius + 1 ? 1 : 0));
  const out = mapPlane(mask, (value) => value);
  for (const { box, mask: part } of patchesOf(cv, thin)) {
    if (Math.hypot(box.right - box.left, box.bottom - box.top) < longest) continue;
    part().data.forEach((value, i) => {
      if (value > 0) out.data[i] = 0;
    });
  }
  return out;
};
