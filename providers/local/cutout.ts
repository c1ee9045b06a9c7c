import { blurPlane } from './blur.ts';
import { busyCut } from './busy.ts';
import { agreement, distinctness, surrounds } from './confidence.ts';
import { cleanEdge } from './edge.ts';
import { noSubject } from './failure.ts';
import { grabCut, mark, tidy } from './grabcut.ts';
import { type PlainGround, plainGround } from './ground.ts';
import { toLab } from './lab.ts';
import { matte } from './matte.ts';
import { openCv } from './opencv.ts';
import type { Loaded } from './picture.ts';
import { at, boxOf, type Cutout, makePlane, mapPlane, type Plane, type Raster } from './raster.ts';
import { resizeRaster, within } from './resample.ts';

/** GrabCut's cost grows with the pixels; edges are refined at full size afterwards. */
const workingSide = 400;

/** Ground that a walk from the border reaches without leaving the plain surface. */
const reachable = (ground: PlainGround, limit: number, bright: Plane): Uint8Array => {
  const { width, height, data } = ground.distance;
  const seen = new Uint8Array(width * height);
  const queue: number[] = [];
  // A shadow: darker in the ground's own colour, and its edge is nowhere steep. Shadows lie low; higher up it is
  // more likely white cloth on white paper, and must be as calm as paper.
  const gentle = (i: number, step: number): boolean => {
    const near = Math.abs(at(bright.data, i + 2 * step) - at(bright.data, i - 2 * step));
    const wide = Math.abs(at(bright.data, i + 6 * step) - at(bright.data, i - 6 * step));
    return near < 1.1 || (i > width * height * 0.6 && near < 6 && near < wide * 0.42);
  };
  const shaded = (i: number): boolean => {
    const most = i > width * height * 0.6 ? Math.min(limit * 1.4, 3.4) : Math.min(limit, 2);
    return at(ground.shadow.data, i) < Math.min(most, at(data, i) * 0.5) && gentle(i, 1) && gentle(i, width);
  };
  const visit = (i: number): void => {
    if (seen[i] === 1 || (at(data, i) > limit && !shaded(i))) return;
    seen[i] = 1;
    queue.push(i);
  };
  for (let x = 0; x < width; x++) {
    visit(x);
    visit((height - 1) * width + x);
  }
  for (let y = 0; y < height; y++) {
    visit(y * width);
    visit(y * width + width - 1);
  }
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const x = next % width;
    if (x > 0) visit(next - 1);
    if (x < width - 1) visit(next + 1);
    if (next >= width) visit(next - width);
    if (next < data.length - width) visit(next + width);
  }
  return seen;
};

/** On a plain ground the border's reach is the ground; GrabCut decides only near the edge. */
const plainMarks = (ground: PlainGround, bright: Plane): Uint8Array => {
  const limit = Math.max(2.2, ground.noise * 2.2);
  const seen = reachable(ground, limit, bright);
  return seen.map((outside, i) => {
    const far = at(ground.distance.data, i);
    if (outside === 1)
      return far < limit * 0.7 || (far > limit * 1.5 && far < 45 && at(ground.shadow.data, i) < far * 0.4)
        ? mark.ground
        : mark.maybeGround;
    return far > 25 ? mark.subject : mark.maybeSubject;
  });
};

/** The subject's mask at working size; undefined where nothing stands out. */
const separate = async (small: Raster): Promise<Plane | undefined> => {
  const cv = await openCv();
  const lab = toLab(small);
  const ground = plainGround(lab);
  if (ground === undefined) {
    const cut = busyCut(cv, small, lab);
    if (cut === undefined || agreement(cut.mask, cut.votes) < 0.9) return undefined;
    const mask = tidy(cv, cut.mask, 0.12, 0.004);
    return distinctness(lab, mask) > 1.9 ? mask : undefined;
  }
  const lightness = blurPlane(
    mapPlane(makePlane(small.width, small.height), (_, i) => at(lab.data, i * 3)),
    1.2,
  );
  const marks = plainMarks(ground, lightness);
  if (!marks.some((value) => value === mark.subject || value === mark.maybeSubject)) return undefined;
  if (!marks.some((value) => value === mark.ground || value === mark.maybeGround)) return undefined;
  const mask = tidy(cv, grabCut(cv, small, marks, 2), 0.06, 0.0015);
  return distinctness(lab, mask) > 1.5 ? mask : undefined;
};

/** A picture whose ground is transparent already says what the subject is. */
const ownAlpha = ({ alpha }: Loaded, what: string): Plane | undefined => {
  if (alpha === undefined) return undefined;
  const share = (of: (value: number) => boolean): number => alpha.data.filter(of).length / alpha.data.length;
  if (share((value) => value > 0.5) < 0.003) throw noSubject(what);
  return share((value) => value < 0.05) > 0.02 ? alpha : undefined;
};

/** The subject of a picture, or a failure that says what to send instead. `what` names the picture to the caller. */
export const cutOut = async (loaded: Loaded, what: string): Promise<Cutout> => {
  const { picture } = loaded;
  const own = ownAlpha(loaded, what);
  const alpha = own ?? (await find(picture, what));
  const box = boxOf(alpha, 0.3);
  if (box === undefined) throw noSubject(what);
  return { ...cleanEdge(picture, alpha, box, own !== undefined), box };
};

const find = async (picture: Raster, what: string): Promise<Plane> => {
  const size = within(picture, workingSide);
  const small = resizeRaster(picture, size.width, size.height);
  const mask = await separate(small);
  if (mask === undefined) throw noSubject(what);
  const share = mask.data.reduce((sum, value) => sum + value, 0) / mask.data.length;
  if (share < 0.01 || share > 0.95 || surrounds(mask) > 0.25) throw noSubject(what);
  return matte(picture, small, mask);
};
