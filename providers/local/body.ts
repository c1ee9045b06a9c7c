import { blurPlane } from './blur.ts';
import { type Patch, patchesOf } from './grabcut.ts';
import { openCv } from './opencv.ts';
import { at, type Box, boxOf, type Cutout, luma, mapPlane, mix, type Plane, type Raster } from './raster.ts';
import { resizePlane, resizeRaster, within } from './resample.ts';
import { median, middleOf, type Run, range, runAt, runsOf, widthOf } from './rows.ts';
import { skinOf } from './skin.ts';

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
}

interface Face {
  readonly x: number;
  readonly top: number;
  readonly chin: number;
  readonly width: number;
}

/** Skin without its borders: hair, hats and sleeves of like colour part from the face at their edges. */
const calmSkin = (picture: Raster, mask: Plane, roughest: number): Plane => {
  const skin = skinOf(picture, mask);
  const bright = luma(picture);
  const rough = blurPlane(
    mapPlane(
      bright,
      (value, i) =>
        Math.abs(value - at(bright.data, Math.max(0, i - 1))) +
        Math.abs(value - at(bright.data, Math.max(0, i - bright.width))),
    ),
    1,
  );
  const calm = mapPlane(skin, (value, i) =>
    value > 0 && at(rough.data, i) < roughest && at(bright.data, i) > 0.2 ? 1 : 0,
  );
  return mapPlane(blurPlane(calm, 1.7), (value) => (value > 0.62 ? 1 : 0));
};

/** A face is a compact patch of skin high up in the figure, and near its middle there. */
const facePatch = (patches: readonly Patch[], mask: Plane, box: Box): Plane | undefined => {
  const height = box.bottom - box.top;
  const width = box.right - box.left;
  const score = (patch: Patch): number => {
    const across = patch.box.right - patch.box.left;
    const tall = (patch.box.bottom - patch.box.top) / across;
    const y = (patch.box.top + Math.min(patch.box.bottom, patch.box.top + across)) / 2;
    const run = runAt(mask, y, (patch.box.left + patch.box.right) / 2);
    const off = run === undefined ? 1 : Math.abs((patch.box.left + patch.box.right) / 2 - middleOf(run)) / width;
    const down = (y - box.top) / height;
    if (tall < 0.55 || tall > 3 || across < width * 0.05 || across > width * 0.62 || down > 0.45) return 0;
    return Math.sqrt(patch.area) * (1 - down * 1.7) * (1 - off) * Math.min(1, patch.area / (across * across * 0.6));
  };
  const [best] = patches.map((patch) => ({ patch, value: score(patch) })).toSorted((a, b) => b.value - a.value);
  return best !== undefined && best.value > 0 ? best.patch.mask() : undefined;
};

/** Within the patch: where it is widest is the face, where it narrows again the chin. */
const findFace = (patch: Plane): Face | undefined => {
  const box = boxOf(patch);
  if (box === undefined) return undefined;
  const rows = range(box.top, box.bottom).map((y) => ({
    y,
    run: runsOf(patch, y).toSorted((p, q) => widthOf(q) - widthOf(p))[0],
  }));
  const start = rows.find(({ run }) => widthOf(run) > (box.right - box.left) * 0.3);
  if (start === undefined) return undefined;
  const first = start.y;
  // The first square's worth of rows: below it come the neck and, on bare shoulders, the chest.
  const guess = Math.max(
    ...rows.filter(({ y }) => y < first + (box.right - box.left) * 0.7).map(({ run }) => widthOf(run)),
  );
  const near = rows.filter(({ y }) => y >= first && y < first + guess * 0.95);
  const width = median(
    near
      .map(({ run }) => widthOf(run))
      .toSorted((p, q) => q - p)
      .slice(0, Math.max(3, near.length >> 1)),
  );
  const x = median(near.flatMap(({ run }) => (run === undefined ? [] : [middleOf(run)])));
  const narrow = range(first + width * 0.85, first + width * 1.6).find(
    (y) => widthOf(runAt(patch, y, x)) < width * 0.76,
  );
  return { x, top: first, width, chin: Math.min(narrow ?? first + width * 1.2, first + width * 1.3) };
};

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
  const patch = facePatch(
    [1, 0.15, 0.085].flatMap((roughest) => patchesOf(cv, calmSkin(picture, mask, roughest))),
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
  };
};
