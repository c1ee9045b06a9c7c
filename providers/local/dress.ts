import { bend } from './bend.ts';
import { blurPlane } from './blur.ts';
import { type Body, findBody } from './body.ts';
import { cutOut } from './cutout.ts';
import { LocalFailure } from './failure.ts';
import { pinsFor, scaleOf } from './fit.ts';
import { inFront, openNeck } from './front.ts';
import { type Garment, readGarment } from './garment.ts';
import { fieldOf, type Job } from './job.ts';
import { at, boxOf, type Cutout, clamp, luma, makeRaster, mapPlane, mix, type Plane, type Raster } from './raster.ts';
import { resizePlane, resizeRaster } from './resample.ts';
import type { ComposeWire } from './wire.ts';

const order = { bottom: 0, top: 1, dress: 2 } as const;

/** Shrinks a garment to about the size it will have: bending alone would flicker. */
const shrunk = (cutout: Cutout, scale: number): { readonly cutout: Cutout; readonly by: number } => {
  if (scale >= 0.9) return { cutout, by: 1 };
  const width = Math.max(8, Math.round(cutout.alpha.width * scale));
  const height = Math.max(8, Math.round(cutout.alpha.height * scale));
  const smaller = {
    picture: resizeRaster(cutout.picture, width, height),
    alpha: resizePlane(cutout.alpha, width, height),
    box: cutout.box,
  };
  return { cutout: smaller, by: width / cutout.alpha.width };
};

/** The body's own light on the cloth: folds from the old clothes, roundness from the outline, the head's shade. */
const clothLight = (person: Cutout, body: Body, worn: Plane, front: Plane): Plane => {
  const bright = luma(person.picture);
  const folds = blurPlane(bright, body.head * 0.035);
  const broad = blurPlane(bright, body.head * 0.22);
  const round = blurPlane(worn, body.head * 0.11);
  const shade = blurPlane(front, body.head * 0.1);
  const drop = Math.round(body.head * 0.09) * worn.width;
  return mapPlane(worn, (_, i) => {
    const fold = clamp((at(folds.data, i) + 0.12) / (at(broad.data, i) + 0.12), 0.8, 1.1) ** 0.55;
    const edge = mix(0.7, 1.03, clamp(at(round.data, i) * 1.7 - 0.75));
    const under = 1 - 0.42 * at(shade.data, Math.max(0, i - drop));
    return fold * edge * under;
  });
};

/** The cloth's shadow on what is under its hem and its cuffs. */
const shaded = (person: Cutout, worn: Plane, body: Body): Raster => {
  const soft = blurPlane(worn, body.head * 0.035);
  const out = makeRaster(person.picture.width, person.picture.height);
  const drop = Math.round(body.head * 0.03) * worn.width;
  for (let p = 0; p < out.data.length; p++) {
    const i = (p / 3) | 0;
    out.data[p] = at(person.picture.data, p) * (1 - 0.45 * at(soft.data, Math.max(0, i - drop)));
  }
  return out;
};

const wear = async (person: Cutout, piece: Cutout, garment: Garment, body: Body): Promise<Cutout> => {
  const { width, height } = person.alpha;
  const ready = shrunk(garment.kind === 'bottom' ? piece : openNeck(piece, garment), scaleOf(garment, body));
  const pins = pinsFor(garment, body).map(({ from, to }) => ({
    from: { x: from.x * ready.by, y: from.y * ready.by },
    to,
  }));
  const bent = bend(ready.cutout, pins, width, height);
  const front = await inFront(person, body, garment, bent.alpha);
  const worn = mapPlane(bent.alpha, (value, i) => value * (1 - at(front.data, i)));
  const light = clothLight(person, body, bent.alpha, front);
  const below = shaded(person, worn, body);
  const picture = makeRaster(width, height);
  for (let p = 0; p < picture.data.length; p++) {
    const i = (p / 3) | 0;
    const cover = at(worn.data, i);
    const skin =
      at(front.data, i) > 0 ? mix(at(below.data, p), at(person.picture.data, p), at(front.data, i)) : at(below.data, p);
    picture.data[p] = mix(skin, clamp(at(bent.picture.data, p) * at(light.data, i)), cover);
  }
  const alpha = mapPlane(person.alpha, (value, i) => Math.max(value, at(worn.data, i)));
  return { picture, alpha, box: boxOf(alpha, 0.3) ?? person.box };
};

/** Puts every garment on, what lies below first. */
export const wearAll = async (job: Job<ComposeWire>, person: Cutout): Promise<Cutout> => {
  const wanted = job.wire.garments;
  if (wanted.length === 0) return person;
  const body = await findBody(person);
  if (body === undefined) {
    throw new LocalFailure(
      'no_subject_found',
      'No face was found on person, so there is nothing to fit the garments to. Send a person seen from the front, ' +
        'face and shoulders in view, or leave out garments.',
    );
  }
  const pieces: { piece: Cutout; garment: Garment }[] = [];
  for (const { image, kind } of wanted) {
    const piece = await cutOut(await job.load({ image }, 0.7), fieldOf(image));
    pieces.push({ piece, garment: readGarment(piece, kind) });
  }
  let dressed = person;
  for (const { piece, garment } of pieces.toSorted((a, b) => order[a.garment.kind] - order[b.garment.kind])) {
    dressed = await wear(dressed, piece, garment, body);
  }
  return dressed;
};
