import { calmSkin, type Face, facePatch, findFace } from './face.ts';
import { patchesOf } from './grabcut.ts';
import { openCv } from './opencv.ts';
import { at, type Cutout, mix, type Plane, type Raster } from './raster.ts';
import { resizePlane, resizeRaster, within } from './resample.ts';
import { middleOf, type Run, range, runAt, runsOf, widthOf } from './rows.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where a front view's body parts are, in pixels of the cut-out's picture. `head` is the height of the head. */
export interface Body {
  readonly head: number;
  readonly face: { readonly x: number; readonly top: number; readonly chin: number; readonly width: number };
  readonly neck: Point;
  readonly shoulders: { readonly left: Point; readonly right: Point };
  readonly armpit: number;
  readonly waist: number;
  readonly crotch: number;
  /** The torso's (or the legs') outer edges at a height, without the arms. */
  readonly trunk: (y: number) => Run;
  /** The whole outline's edges at a height. */
  readonly outline: (y: number) => Run;
  readonly inside: (x: number, y: number) => boolean;
  /** The picture it was read from; `by` is pixels of the cut-out for each of these. */
  readonly small: { readonly picture: Raster; readonly mask: Plane; readonly by: number };
}

const shouldersOf = (mask: Plane, face: Face, bottom: number): { left: Point; right: Point } => {
  const span = Math.min(face.width * 2.1, bottom - face.chin - 1);
  const rows = range(face.chin, face.chin + span).map((y) => ({ y, run: runAt(mask, y, face.x) }));
  const full = Math.max(...rows.map(({ run }) => widthOf(run)));
  const corner = (side: 'left' | 'right'): Point => {
    const reach = (run: Run | undefined): number =>
      run === undefined ? 0 : side === 'left' ? face.x - run.left : run.right - face.x;
    const other = Math.max(
      ...rows.map(({ run }) => (run === undefined ? 0 : side === 'left' ? run.right - face.x : face.x - run.left)),
    );
    const likely = face.width * 1.6;
    const most = Math.min(
      Math.max(...rows.map(({ run }) => reach(run))),
      full * 0.62,
      likely,
      Math.max(other * 1.2, face.width),
    );
    const row = rows.find(({ run }) => reach(run) > most * 0.86) ?? rows[0];
    const far = Math.min(reach(row?.run), most);
    return { x: face.x + (side === 'left' ? -far : far), y: row?.y ?? face.chin };
  };
  const left = corner('left');
  const right = corner('right');
  // Shoulders are nearly level; an arm that leans or is raised is not one.
  const lowest = Math.min(left.y, right.y) + face.width * 0.4;
  return { left: { x: left.x, y: Math.min(left.y, lowest) }, right: { x: right.x, y: Math.min(right.y, lowest) } };
};

const scaledRun = (run: Run, by: number): Run => ({ left: run.left * by, right: run.right * by });

/** Reads the body off its outline and skin; undefined where no face is seen from the front. */
export const findBody = async (cutout: Cutout): Promise<Body | undefined> => {
  const cv = await openCv();
  const size = within(cutout.alpha, 360);
  const by = cutout.alpha.width / size.width;
  const mask = resizePlane(cutout.alpha, size.width, size.height);
  const picture: Raster = resizeRaster(cutout.picture, size.width, size.height);
  const top = cutout.box.top / by;
  const bottom = cutout.box.bottom / by;
  const figure = { left: cutout.box.left / by, right: cutout.box.right / by, top, bottom };
  const calm = calmSkin(picture, mask);
  const patch = facePatch(
    [1, 0.15, 0.085].flatMap((roughest) => patchesOf(cv, calm(roughest))),
    mask,
    figure,
  );
  const face = patch && findFace(patch);
  if (face === undefined) return undefined;
  const shoulders = shouldersOf(mask, face, bottom);
  const across = shoulders.right.x - shoulders.left.x;
  const line = (shoulders.left.y + shoulders.right.y) / 2;
  // Proportions of grown people; hats, hair and beards spoil one or another, the middle ones hold.
  const guesses = [face.width * 1.6, (face.chin - face.top) / 0.72, across / 1.75, (line - top) / 1.3].toSorted(
    (a, b) => a - b,
  );
  const head = ((guesses[1] ?? 1) + (guesses[2] ?? 1)) / 2;
  const center = mix(face.x, (shoulders.left.x + shoulders.right.x) / 2, 0.6);
  const armpit = Math.max(line, face.chin + head * 0.3) + head * 0.62;
  const half = across / 2;
  // One seen from head to foot is measured better by the whole than by the head.
  const tall = bottom - top > head * 5.6 && bottom < size.height - 2;
  const hipRun = runAt(mask, Math.min(bottom - 2, face.chin + head * 2.6), center);
  const hipCenter = hipRun !== undefined && widthOf(hipRun) < half * 2.6 ? middleOf(hipRun) : center;
  const trunk = (y: number): Run => {
    const down = (y / by - armpit) / (head * 2.1);
    const middle = mix(center, hipCenter, Math.max(0, Math.min(1, down)));
    const expected = half * (down < 0 ? 0.8 : down < 0.5 ? mix(0.8, 0.68, down * 2) : 0.72);
    const run = runAt(mask, y / by, middle);
    const left =
      run !== undefined && middle - run.left < expected * 1.22 && middle - run.left > expected * 0.7
        ? run.left
        : middle - expected;
    const right =
      run !== undefined && run.right - middle < expected * 1.22 && run.right - middle > expected * 0.7
        ? run.right
        : middle + expected;
    return scaledRun({ left, right }, by);
  };
  const outline = (y: number): Run => {
    const runs = runsOf(mask, y / by);
    const left = runs[0]?.left ?? center - half;
    return scaledRun({ left, right: runs.at(-1)?.right ?? center + half }, by);
  };
  return {
    head: head * by,
    face: { x: face.x * by, top: face.top * by, chin: face.chin * by, width: face.width * by },
    neck: { x: mix(face.x, center, 0.5) * by, y: mix(face.chin, line, 0.62) * by },
    shoulders: {
      left: { x: shoulders.left.x * by, y: shoulders.left.y * by },
      right: { x: shoulders.right.x * by, y: shoulders.right.y * by },
    },
    armpit: armpit * by,
    waist: (tall ? top + (bottom - top) * 0.4 : face.chin + head * 1.65) * by,
    crotch: (tall ? top + (bottom - top) * 0.51 : face.chin + head * 2.6) * by,
    trunk,
    outline,
    inside: (x, y) => {
      const [column, row] = [Math.round(x / by), Math.round(y / by)];
      const within = column >= 0 && row >= 0 && column < mask.width && row < mask.height;
      return within && at(mask.data, row * mask.width + column) > 0.5;
    },
    small: { picture, mask, by },
  };
};
