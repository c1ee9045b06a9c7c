import { blurPlane } from './blur.ts';
import type { Patch } from './grabcut.ts';
import { at, type Box, boxOf, luma, mapPlane, type Plane, type Raster } from './raster.ts';
import { median, middleOf, range, runAt, runsOf, widthOf } from './rows.ts';
import { skinOf } from './skin.ts';

export interface Face {
  readonly x: number;
  readonly top: number;
  readonly chin: number;
  readonly width: number;
}

/** Skin without its borders: hair, hats and sleeves of like colour part from the face at their edges. */
export const calmSkin = (picture: Raster, mask: Plane): ((roughest: number) => Plane) => {
  const skin = skinOf(picture, mask);
  const bright = luma(picture);
  const steps = mapPlane(
    bright,
    (value, i) =>
      Math.abs(value - at(bright.data, Math.max(0, i - 1))) +
      Math.abs(value - at(bright.data, Math.max(0, i - bright.width))),
  );
  const rough = blurPlane(steps, 1);
  return (roughest) => {
    const calm = mapPlane(skin, (value, i) =>
      value > 0 && at(rough.data, i) < roughest && at(bright.data, i) > 0.2 ? 1 : 0,
    );
    return mapPlane(blurPlane(calm, 1.7), (value) => (value > 0.62 ? 1 : 0));
  };
};

/** A face is a compact patch of skin high up in the figure, and near its middle there. */
export const facePatch = (patches: readonly Patch[], mask: Plane, box: Box): Plane | undefined => {
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
export const findFace = (patch: Plane): Face | undefined => {
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
  // Lips and shadows split the skin: what counts is how far it reaches on both sides.
  const reach = (y: number): number => {
    const near = runsOf(patch, y).filter(({ left, right }) => right > x - width * 0.6 && left < x + width * 0.6);
    return near.length === 0
      ? 0
      : Math.max(...near.map(({ right }) => right)) - Math.min(...near.map(({ left }) => left));
  };
  const narrow = range(first + width * 0.85, first + width * 1.6).find((y) => reach(y) < width * 0.76);
  return { x, top: first, width, chin: Math.min(narrow ?? first + width * 1.2, first + width * 1.3) };
};
