import { makeBackdrop } from './backdrop.ts';
import { attune, layOver } from './blend.ts';
import { cutOut } from './cutout.ts';
import { fieldOf, type Job } from './job.ts';
import { lampOf } from './lamp.ts';
import { type Lamp, shineOn, shineOnGround, shineOnSubject } from './light.ts';
import { canvasOf, findSpot, keepSpot, type Placed, putAt, type Size } from './place.ts';
import { meanColor, type Raster } from './raster.ts';
import { flattened, loadFramed, subjectIfAny } from './relight.ts';
import { copyRaster } from './resample.ts';
import { dropShadow } from './shadow.ts';
import { shapeNormals } from './shape.ts';
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
  return shineOn(picture, subject?.alpha, await shapeNormals(picture, subject?.alpha), lamp, wire.keep * 0.6);
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
  const wish = { standing: 0.74, cut: 0.9, floor: 0.9, shift: job.vary() * 0.03 };
  const placed = putAt(cutout, size, keepSpot(cutout, size) ?? findSpot(cutout, size, wish));
  job.progress(0.7);
  const reference = wire.light?.reference ? (await job.load(wire.light.reference)).picture : undefined;
  const lamp = wire.light === null ? undefined : lampOf(wire.light, ground, reference, job.vary() * 0.2);
  return merge({ placed, ground, size, lamp, keep: wire.keep, wrap: backdrop.kind === 'color' ? 0.12 : 0.3 });
};

interface Merge {
  readonly placed: Placed;
  readonly ground: Raster;
  readonly size: Size;
  readonly lamp: Lamp | undefined;
  readonly keep: number;
  readonly wrap: number;
}

/** Subject and ground become one picture: attuned, lit, with a shadow. */
export const merge = async ({ placed, ground, lamp, keep, wrap }: Merge): Promise<Raster> => {
  const shape = await shapeNormals(placed.picture, placed.alpha);
  let subject = attune(placed, ground, shape, 1 - keep);
  let floor = copyRaster(ground);
  if (lamp !== undefined && lamp.strength > 0) {
    subject = shineOnSubject(subject, placed.alpha, shape, { ...lamp, strength: lamp.strength * (1 - keep * 0.6) });
    floor = shineOnGround(floor, { ...lamp, strength: lamp.strength * 0.45 });
  }
  const dark = meanColor(ground).reduce((sum, value) => sum + value, 0) / 3;
  dropShadow(floor, placed, lamp === undefined ? 0.35 : -lamp.x, 0.7 + 0.4 * dark);
  return layOver(floor, subject, placed, wrap * (1 - keep));
};

export const background = (job: Job<BackgroundWire>): Promise<Raster> => {
  const { backdrop } = job.wire;
  return backdrop.kind === 'kept' ? keepGround(job) : replaceGround(job, backdrop);
};
