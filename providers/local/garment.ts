import type { Point } from './body.ts';
import { type Legs, legsOf } from './legs.ts';
import { at, type Cutout, type Plane } from './raster.ts';
import { resizePlane, within } from './resample.ts';
import { median, middleOf, type Run, range, runAt, runsOf, widthOf } from './rows.ts';

type GarmentKind = 'top' | 'bottom' | 'dress';

/** Points of a laid-out garment, in pixels of its own picture. */
export interface Garment {
  readonly kind: GarmentKind;
  readonly top: number;
  readonly bottom: number;
  readonly center: number;
  /** Width of its body, without sleeves. */
  readonly width: number;
  /** The highest points beside the neck. */
  readonly neck: { readonly left: Point; readonly right: Point };
  readonly shoulders: { readonly left: Point; readonly right: Point };
  readonly armpit: number;
  /** Each sleeve's cuff: its outer and its inner corner; none for sleeveless ones. */
  readonly sleeves: { readonly left: readonly [Point, Point]; readonly right: readonly [Point, Point] } | undefined;
  /** Its body's edges at a height. */
  readonly body: (y: number) => Run;
  /** The whole outline's edges at a height. */
  readonly outline: (y: number) => Run;
  /** Of trousers. */
  readonly legs: Legs | undefined;
}

/** Whether most rows of the lower part are two long stretches. */
const splits = (mask: Plane, box: Frame['box']): boolean => {
  const height = box.bottom - box.top;
  const rows = range(box.top + height * 0.55, box.top + height * 0.95);
  const split = rows.filter(
    (y) => runsOf(mask, y).filter((run) => widthOf(run) > (box.right - box.left) * 0.15).length === 2,
  );
  return split.length > rows.length * 0.6;
};

/** Two legs show as two long stretches below; a skirt widens from a narrow waist without shoulders; a dress is long. */
const guessKind = (mask: Plane, box: Frame['box']): GarmentKind => {
  const { top, bottom } = box;
  const height = bottom - top;
  const center = (box.left + box.right) / 2;
  const waist = widthOf(runAt(mask, top + height * 0.04, center));
  const hem = widthOf(runAt(mask, top + height * 0.93, center));
  const chest = Math.max(...range(top + height * 0.2, top + height * 0.45).map((y) => widthOf(runAt(mask, y, center))));
  const lengthy = height / (box.right - box.left);
  if (splits(mask, box)) return 'bottom';
  const whole = runsOf(mask, top + height * 0.05).length === 1;
  const skirt = whole && waist > hem * 0.35 && waist < chest * 0.95 && chest < hem * 0.97;
  if (lengthy > 1.55) return 'dress';
  return skirt ? 'bottom' : 'top';
};

const topAt = (mask: Plane, x: number): number => {
  for (let y = 0; y < mask.height; y++) if (at(mask.data, y * mask.width + Math.round(x)) > 0.5) return y;
  return mask.height;
};

const bottomAt = (mask: Plane, x: number): number => {
  for (let y = mask.height - 1; y >= 0; y--) if (at(mask.data, y * mask.width + Math.round(x)) > 0.5) return y;
  return 0;
};

const highest = (mask: Plane, from: number, to: number): Point =>
  range(from, to)
    .map((x) => ({ x, y: topAt(mask, x) }))
    .reduce((best, point) => (point.y < best.y ? point : best), { x: from, y: mask.height });

interface Frame {
  readonly mask: Plane;
  readonly box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
  readonly center: number;
  readonly width: number;
}

/** Where the body's width begins to be the sleeves' too, from below; for sleeveless ones the widest row above. */
const armpitOf = ({ mask, box, center, width }: Frame): { readonly y: number; readonly sleeved: boolean } => {
  const height = box.bottom - box.top;
  const wide = range(box.top + height * 0.1, box.top + height * 0.85)
    .toReversed()
    .find((y) => widthOf(runAt(mask, y, center)) > width * 1.16);
  const most = Math.max(...range(box.top, box.bottom).map((y) => widthOf(runAt(mask, y, center))));
  if (wide !== undefined && most > width * 1.3) return { y: wide, sleeved: true };
  const rows = range(box.top + height * 0.15, box.top + height * 0.55);
  const best = rows.reduce(
    (y, row) => (widthOf(runAt(mask, row, center)) > widthOf(runAt(mask, y, center)) * 1.01 ? row : y),
    rows[0] ?? box.top,
  );
  return { y: best, sleeved: false };
};

const shoulderOf = (frame: Frame, side: -1 | 1, neck: Point, sleeved: boolean): Point => {
  const { mask, center, width, box } = frame;
  if (sleeved) {
    const x = center + side * width * 0.5;
    return { x, y: topAt(mask, x) };
  }
  const low = neck.y + (box.bottom - box.top) * 0.09;
  const columns = side < 0 ? range(box.left, neck.x + 1) : range(neck.x, box.right).toReversed();
  const x = columns.find((column) => topAt(mask, column) < low) ?? neck.x;
  return { x, y: topAt(mask, x) };
};

const cuffOf = ({ mask, center, width, box }: Frame, side: -1 | 1): readonly [Point, Point] => {
  const edge = side < 0 ? box.left + 1 : box.right - 2;
  const outer = { x: edge, y: topAt(mask, edge) };
  const from = center + side * width * 0.56;
  const columns = side < 0 ? range(box.left, from) : range(from, box.right);
  const inner = columns
    .map((x) => ({ x, y: bottomAt(mask, x) }))
    .reduce((best, point) => (point.y > best.y ? point : best), outer);
  return [outer, inner];
};

/** Reads a garment off its outline. */
export const readGarment = (cutout: Cutout, wanted: GarmentKind | 'auto'): Garment => {
  const size = within(cutout.alpha, 360);
  const by = cutout.alpha.width / size.width;
  const mask = resizePlane(cutout.alpha, size.width, size.height);
  const box = {
    left: Math.round(cutout.box.left / by),
    right: Math.round(cutout.box.right / by),
    top: Math.round(cutout.box.top / by),
    bottom: Math.round(cutout.box.bottom / by),
  };
  const height = box.bottom - box.top;
  const kind = wanted === 'auto' ? guessKind(mask, box) : wanted;
  const lower = range(box.top + height * 0.65, box.top + height * 0.92).flatMap((y) => {
    const run = runAt(mask, y, (box.left + box.right) / 2);
    return run === undefined ? [] : [run];
  });
  const width = median(lower.map(widthOf));
  const center = median(lower.map(middleOf));
  const frame: Frame = { mask, box, center, width };
  const { y: armpit, sleeved } = armpitOf(frame);
  const beside = (side: -1 | 1): Point => {
    // Straps may sit at the very edge; sleeves are no necks.
    const edge = center + side * width * (sleeved ? 0.46 : 0.8);
    const found =
      side < 0 ? highest(mask, Math.max(box.left, edge), center) : highest(mask, center, Math.min(box.right, edge));
    // A back collar that closes the opening is highest in the middle: then the neck is as wide as most are.
    if (Math.abs(found.x - center) > width * 0.1) return found;
    const x = center + side * width * 0.23;
    return { x, y: topAt(mask, x) };
  };
  const left = beside(-1);
  const right = beside(1);
  const up = (point: Point): Point => ({ x: point.x * by, y: point.y * by });
  const cuff = (side: -1 | 1): readonly [Point, Point] => cuffOf(frame, side).map(up) as [Point, Point];
  return {
    kind,
    top: box.top * by,
    bottom: box.bottom * by,
    center: center * by,
    width: width * by,
    neck: { left: up(left), right: up(right) },
    shoulders: { left: up(shoulderOf(frame, -1, left, sleeved)), right: up(shoulderOf(frame, 1, right, sleeved)) },
    armpit: armpit * by,
    sleeves: sleeved && kind !== 'bottom' ? { left: cuff(-1), right: cuff(1) } : undefined,
    body: (y) => {
      const run = runAt(mask, y / by, center) ?? { left: center - width / 2, right: center + width / 2 };
      return { left: run.left * by, right: run.right * by };
    },
    outline: (y) => {
      const runs = runsOf(mask, y / by);
      return { left: (runs[0]?.left ?? center) * by, right: (runs.at(-1)?.right ?? center) * by };
    },
    legs:
      kind === 'bottom' && splits(mask, box)
        ? legsOf({ mask, by, top: box.top, bottom: box.bottom, hips: { left: box.left, right: box.right } })
        : undefined,
  };
};
