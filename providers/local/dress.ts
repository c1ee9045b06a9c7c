import { bareShoulders } from './bare.ts';
import { bend } from './bend.ts';
import { type Body, findBody } from './body.ts';
import { clothLight, foldsOf } from './cloth-light.ts';
import { type Clothes, readClothes } from './clothes.ts';
import { cutOut } from './cutout.ts';
import { LocalFailure } from './failure.ts';
import { fitGarment, scaleOf } from './fit.ts';
import { inFront, openNeck } from './front.ts';
import { type Garment, readGarment } from './garment.ts';
import { fieldOf, type Job } from './job.ts';
import { openCv } from './opencv.ts';
import { at, boxOf, type Cutout, clamp, mapPlane, mix, type Plane } from './raster.ts';
import { copyRaster, resizePlane, resizeRaster } from './resample.ts';
import { median, middleOf, range, runAt, widthOf } from './rows.ts';
import type { ComposeWire } from './wire.ts';
import { takenOff } from './worn.ts';

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

interface Wearer {
  readonly person: Cutout;
  readonly body: Body;
  readonly clothes: Clothes;
  readonly folds: Plane;
}

const wear = ({ person, body, clothes, folds }: Wearer, piece: Cutout, garment: Garment): Cutout => {
  const ready = shrunk(garment.kind === 'bottom' ? piece : openNeck(piece, garment), scaleOf(garment, body));
  const { pins, cuff } = fitGarment(garment, body, clothes);
  const moved = pins.map(({ from, to }) => ({ from: { x: from.x * ready.by, y: from.y * ready.by }, to }));
  const bent = bend(ready.cutout, moved, person.alpha);
  const { box } = bent;
  const front = inFront(person, body, clothes, garment, cuff, box);
  const light = clothLight(body, folds, bent.alpha, front, box);
  const picture = copyRaster(person.picture);
  const alpha = mapPlane(person.alpha, (value) => value);
  const width = box.right - box.left;
  for (let i = 0; i < bent.alpha.data.length; i++) {
    const to = (Math.floor(i / width) + box.top) * person.alpha.width + (i % width) + box.left;
    const before = at(front.data, i);
    const cover = at(bent.alpha.data, i) * (1 - before);
    const left = mix(at(light.below.data, i), 1, before);
    const on = at(light.on.data, i);
    for (let c = 0; c < 3; c++) {
      const below = at(picture.data, to * 3 + c) * left;
      picture.data[to * 3 + c] = mix(below, clamp(at(bent.picture.data, i * 3 + c) * on), cover);
    }
    alpha.data[to] = Math.max(at(alpha.data, to), cover);
  }
  return { picture, alpha, box: boxOf(alpha, 0.3) ?? person.box };
};

const readWearer = async (cutout: Cutout, uncovers: boolean): Promise<Wearer> => {
  const found = await findBody(cutout);
  if (found === undefined) {
    throw new LocalFailure(
      'no_subject_found',
      'No face was found on person, so there is nothing to fit the garments to. Send a person seen from the front, ' +
        'face and shoulders in view, or leave out garments.',
    );
  }
  const cv = await openCv();
  const { clothes, body } = readClothes(cv, found);
  const person = uncovers && clothes.sleeveless ? bareShoulders(cv, cutout, body, clothes) : cutout;
  return { person, body, clothes, folds: foldsOf(body, clothes) };
};

/** Legs to the front or to the side: below the waist the figure is far broader than the trunk. */
const sits = ({ crotch, head, waist, trunk, small }: Body): boolean => {
  const { mask, by } = small;
  const around = trunk(waist);
  const rows = range((crotch - head * 0.2) / by, Math.min(mask.height, (crotch + head * 0.4) / by));
  const widths = rows.map((y) => widthOf(runAt(mask, y, middleOf(around) / by)) * by);
  return rows.length > 3 && median(widths) > widthOf(around) * 2.2;
};

/** Puts every garment on, what lies below first. */
export const wearAll = async (job: Job<ComposeWire>, cutout: Cutout): Promise<Cutout> => {
  const wanted = job.wire.garments;
  if (wanted.length === 0) return cutout;
  const pieces: { piece: Cutout; garment: Garment }[] = [];
  for (const { image, kind } of wanted) {
    const piece = await takenOff(await cutOut(await job.load({ image }, 0.7), fieldOf(image)), kind, fieldOf(image));
    pieces.push({ piece, garment: readGarment(piece, kind) });
  }
  const wearer = await readWearer(
    cutout,
    pieces.some(({ garment }) => garment.kind !== 'bottom'),
  );
  if (sits(wearer.body) && pieces.some(({ garment }) => garment.kind !== 'top')) {
    throw new LocalFailure(
      'no_subject_found',
      'The legs on person are not seen straight from the front, so dresses, skirts and trousers cannot be fitted. Send ' +
        'a person who stands, or only tops.',
    );
  }
  return pieces
    .toSorted((a, b) => order[a.garment.kind] - order[b.garment.kind])
    .reduce((person, { piece, garment }) => wear({ ...wearer, person }, piece, garment), wearer.person);
};
