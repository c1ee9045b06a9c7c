import { glossOf, makeBackdrop } from './backdrop.ts';
import { cutOut } from './cutout.ts';
import { wearAll } from './dress.ts';
import { fieldOf, type Job } from './job.ts';
import { lampOf } from './lamp.ts';
import { merge } from './merge.ts';
import { canvasOf, findSpot, keepSpot, putAt, wishFor } from './place.ts';
import type { Raster } from './raster.ts';
import { flattened } from './relight.ts';
import type { ComposeWire } from './wire.ts';

export const compose = async (job: Job<ComposeWire>): Promise<Raster> => {
  const { wire, side } = job;
  if (wire.backdrop.kind === 'kept') throw new Error('compose keeps no background');
  const person = await job.load(wire.person);
  const cutout = await cutOut(person, fieldOf(wire.person.image));
  job.progress(0.3);
  const dressed = await wearAll(job, cutout);
  job.progress(0.6);
  const followed = wire.follow.image === wire.person.image ? person : await job.load(wire.follow);
  const own = Math.max(followed.picture.width, followed.picture.height);
  const size = canvasOf(wire.ratio, followed.picture, Math.min(side, wire.side ?? own));
  const ground = await makeBackdrop({
    wire: wire.backdrop,
    size,
    seed: job.seed,
    depth: 0,
    load: async (image) => flattened(await job.load({ image })),
  });
  // Where the frame cut the person counts, not where a sleeve ends.
  const wish = { ...wishFor(cutout, wire.backdrop, ground, job.vary() * 0.05), standing: 0.74, across: 0.86 };
  const kept = wire.follow.image === wire.person.image ? keepSpot(cutout, size) : undefined;
  const placed = putAt(dressed, size, kept ?? findSpot(cutout, size, wish));
  job.progress(0.75);
  const lamp = wire.light === null ? undefined : lampOf(wire.light, ground, undefined, job.vary() * 0.2);
  return merge({ placed, ground, size, lamp, keep: 0.4, wrap: 0.4, gloss: glossOf(wire.backdrop) });
};
