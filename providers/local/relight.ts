import { cutOut } from './cutout.ts';
import { LocalFailure } from './failure.ts';
import { plainGround } from './ground.ts';
import { fieldOf, type Job } from './job.ts';
import { toLab } from './lab.ts';
import { lampOf } from './lamp.ts';
import { shineOn } from './light.ts';
import { shapeNormals } from './normals.ts';
import type { Loaded } from './picture.ts';
import { canvasOf } from './place.ts';
import { at, type Cutout, makeRaster, type Plane, type Raster } from './raster.ts';
import { cover, resizeRaster, within } from './resample.ts';
import type { RelightWire } from './wire.ts';

/**
 * Rooms and views run out of the picture at its top, or from side to side. What does so before a ground that is not
 * plain was hardly told from it: modelled as one body, its seams would show.
 */
const isScene = ({ alpha, box }: Cutout, picture: Raster): boolean => {
  const { width, height, data } = alpha;
  const inset = Math.max(1, Math.round(height * 0.008));
  let above = 0;
  for (let x = 0; x < width; x++) if (at(data, inset * width + x) > 0.5) above++;
  const spans = box.left < width * 0.015 && box.right > width * 0.985;
  if (above < width * 0.12 && !spans) return false;
  const size = within(picture, 256);
  return plainGround(toLab(resizeRaster(picture, size.width, size.height))) === undefined;
};

/** A picture without a clear subject can still be lit: as one scene. */
export const subjectIfAny = async (loaded: Loaded, what: string): Promise<Cutout | undefined> => {
  try {
    const cutout = await cutOut(loaded, what);
    return isScene(cutout, loaded.picture) ? undefined : cutout;
  } catch (error) {
    if (error instanceof LocalFailure && error.code === 'no_subject_found') return undefined;
    throw error;
  }
};

/** Transparent parts of a picture that stays as it is are shown on white. */
export const flattened = ({ picture, alpha }: Loaded): Raster => {
  if (alpha === undefined) return picture;
  const out = makeRaster(picture.width, picture.height);
  for (let p = 0; p < out.data.length; p++) {
    const a = at(alpha.data, (p / 3) | 0);
    out.data[p] = at(picture.data, p) * a + 1 - a;
  }
  return out;
};

const cropped = (loaded: Loaded, size: { width: number; height: number }): Loaded => {
  const { alpha } = loaded;
  const gray: Plane | undefined = alpha && planeFrom(cover(rasterFrom(alpha), size.width, size.height));
  return { picture: cover(loaded.picture, size.width, size.height), alpha: gray };
};

const rasterFrom = (plane: Plane): Raster => {
  const out = makeRaster(plane.width, plane.height);
  for (let p = 0; p < out.data.length; p++) out.data[p] = at(plane.data, (p / 3) | 0);
  return out;
};

const planeFrom = (raster: Raster): Plane => ({
  width: raster.width,
  height: raster.height,
  data: raster.data.filter((_, p) => p % 3 === 0),
});

/** Loads the picture to be lit, already in the result's shape and size. */
export const loadFramed = async (job: Job<RelightWire | import('./wire.ts').BackgroundWire>): Promise<Loaded> => {
  const loaded = await job.load(job.wire.subject);
  const size = canvasOf(
    job.wire.ratio,
    loaded.picture,
    Math.min(job.side, job.wire.side ?? Math.max(loaded.picture.width, loaded.picture.height)),
  );
  return cropped(loaded, size);
};

export const relight = async (job: Job<RelightWire>): Promise<Raster> => {
  const { wire } = job;
  const loaded = await loadFramed(job);
  const picture = flattened(loaded);
  if (wire.light.strength === 0) return picture;
  job.progress(0.2);
  const subject = await subjectIfAny(loaded, fieldOf(wire.subject.image));
  job.progress(0.6);
  const reference = wire.light.reference === null ? undefined : (await job.load(wire.light.reference)).picture;
  const shape = shapeNormals(picture, subject?.alpha);
  const lamp = lampOf(wire.light, picture, reference, job.vary() * 0.2);
  return shineOn(picture, subject?.alpha, shape, lamp, wire.keep);
};
