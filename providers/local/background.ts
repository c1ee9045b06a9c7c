import { glossOf, makeBackdrop } from './backdrop.ts';
import { cutOut } from './cutout.ts';
import { fieldOf, type Job } from './job.ts';
import { lampOf } from './lamp.ts';
import { shineOn } from './light.ts';
import { merge } from './merge.ts';
import { shapeNormals } from './normals.ts';
import { canvasOf, findSpot, keepSpot, putAt, wishFor } from './place.ts';
import type { Raster } from './raster.ts';
import { flattened, loadFramed, subjectIfAny } from './relight.ts';
import type { BackgroundWire } from './wire.ts';

type Backdrop = Exclude<BackgroundWire['backdrop'], { kind: 'kept' }>;

/** The old background stays; what was sent as a background only colours the light. */
const keepGround = async (job: Job<BackgroundWire>): Promise<Raster> => {
  const { wire } = job;
  const loaded = await loadFramed(job);
  const picture = flattened(loaded);
  const mood = wire.mood.source === null ? undefined : (await job.load(wire.mood.source)).picture;
  const reference = wire.light?.reference ? (await job.load(wire.light.reference)).picture : mood;
  const light = wire.light ?? { direction: null, strength: 0.5, colors: [], contrast: 0.35, reference: null };
  const colors = light.colors.length > 0 ? light.colors : wire.mood.colors;
  const lamp = lampOf({ ...light, colors }, picture, reference, job.vary() * 0.2);
  if (lamp.strength === 0) return picture;
  const subject = await subjectIfAny(loaded, fieldOf(wire.subject.image));
  job.progress(0.6);
  return shineOn(picture, subject?.alpha, shapeNormals(picture, subject?.alpha), lamp, wire.keep ** 2);
};

const replaceGround = async (job: Job<BackgroundWire>, backdrop: Backdrop): Promise<Raster> => {
  const { wire } = job;
  const loaded = await job.load(wire.subject);
  const size = canvasOf(
    wire.ratio,
    loaded.picture,
    Math.min(job.side, wire.side ?? Math.max(loaded.picture.width, loaded.picture.height)),
  );
  const cutout = await cutOut(loaded, fieldOf(wire.subject.image));
  job.progress(0.5);
  const ground = await makeBackdrop({
    wire: backdrop,
    size,
    seed: job.seed,
    depth: wire.depth,
    load: async (image) => flattened(await job.load({ image })),
  });
  const wish = wishFor(cutout, backdrop, ground, job.vary() * 0.03);
  const placed = putAt(cutout, size, keepSpot(cutout, size) ?? findSpot(cutout, size, wish));
  job.progress(0.7);
  const reference = wire.light?.reference ? (await job.load(wire.light.reference)).picture : undefined;
  const lamp = wire.light === null ? undefined : lampOf(wire.light, ground, reference, job.vary() * 0.2);
  const wrap = backdrop.kind === 'color' ? 0.12 : 0.3;
  return merge({ placed, ground, size, lamp, keep: wire.keep, wrap, gloss: glossOf(backdrop) });
};

export const background = (job: Job<BackgroundWire>): Promise<Raster> => {
  const { backdrop } = job.wire;
  return backdrop.kind === 'kept' ? keepGround(job) : replaceGround(job, backdrop);
};
