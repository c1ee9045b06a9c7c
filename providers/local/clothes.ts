import type { Body } from './body.ts';
import { patchesOf } from './grabcut.ts';
import { toLab } from './lab.ts';
import type { OpenCv } from './opencv.ts';
import { at, boxOf, makePlane, mapPlane, meanColor, type Plane, type Raster, type Rgb } from './raster.ts';
import { median, middleOf, type Run, range, runsOf, widthOf } from './rows.ts';
import { skinOf } from './skin.ts';

/** What the person wears and what is bare, at the body's small size. */
export interface Clothes {
  readonly skin: Plane;
  /** Hair that falls below the chin. */
  readonly hair: Plane;
  readonly cloth: Plane;
  /** Where the top meets trousers or a skirt, in pixels of the cut-out; undefined where no change of colour is seen. */
  readonly seam: number | undefined;
  /** The upper arms are bare: the top is one of straps, and what shows of it beside a new one can be painted as skin. */
  readonly sleeveless: boolean;
}

type Small = Body['small'];

/** Hair shines and has depths: its lightness may go further than its colour. */
const alike = (data: Float32Array, i: number, [l, a, b]: Rgb): boolean => {
  const light = at(data, i * 3) - l;
  return light > -26 && light < 18 && Math.hypot(at(data, i * 3 + 1) - a, at(data, i * 3 + 2) - b) < 12;
};

/** Below the chest, skin that reaches neither side of the trunk is no arm: leather, wood, a print. */
const lonely = (patch: Plane, body: Body, by: number): boolean => {
  const box = boxOf(patch);
  if (box === undefined || box.top * by < body.armpit + body.head * 0.4) return false;
  return range(box.top, box.bottom).every((y) => {
    const { left, right } = body.trunk(y * by);
    const runs = runsOf(patch, y);
    return runs.every((run) => run.left * by > left + body.head * 0.1 && run.right * by < right - body.head * 0.1);
  });
};

/** Skin like the face's, in patches of at least a wrist: beige cloth and brown leather are not arms. */
const ownSkin = (cv: OpenCv, { picture, mask, by }: Small, lab: Raster, body: Body): Plane => {
  const skin = skinOf(picture, mask);
  const { width } = mask;
  const middle = (body.face.top + body.face.chin) / 2;
  const face = mapPlane(skin, (value, i) => {
    const dx = ((i % width) * by - body.face.x) / (body.face.width * 0.45);
    const dy = (Math.floor(i / width) * by - middle) / (body.face.width * 0.55);
    return value > 0 && Math.hypot(dx, dy) < 1 ? 1 : 0;
  });
  const [l, a, b] = meanColor(lab, face);
  const chroma = Math.hypot(a, b);
  const alike = mapPlane(skin, (value, i) => {
    const [own, other] = [at(lab.data, i * 3 + 1), at(lab.data, i * 3 + 2)];
    const near = Math.hypot(own - a, other - b) < 12 && Math.hypot(own, other) > chroma * 0.6 && own > a * 0.5;
    return value > 0 && near && Math.abs(at(lab.data, i * 3) - l) < 30 ? 1 : 0;
  });
  const least = (body.head / by) ** 2 * 0.05;
  const out = makePlane(width, mask.height);
  for (const patch of patchesOf(cv, alike)) {
    if (patch.area < least || lonely(patch.mask(), body, by)) continue;
    patch.mask().data.forEach((value, i) => {
      if (value > 0) out.data[i] = 1;
    });
  }
  return out;
};

/** A flood of pixels alike in colour, from above the face downwards; none where it would flood the clothes too. */
const longHair = ({ mask, by }: Small, lab: Raster, body: Body, skin: Plane): Plane => {
  const { width, height } = mask;
  const out = makePlane(width, height);
  const crown = range(runsTop(mask, Math.round(body.face.x / by)) + 2, body.face.top / by).flatMap((y) =>
    range((body.face.x - body.face.width * 0.35) / by, (body.face.x + body.face.width * 0.35) / by).map(
      (x) => y * width + x,
    ),
  );
  const hair = [0, 1, 2].map((c) => median(crown.map((i) => at(lab.data, i * 3 + c)))) as unknown as Rgb;
  if (crown.length === 0 || hair[0] > 55) return out;
  const lowest = (body.face.chin + body.head * 1.4) / by;
  const queue = [...crown];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (at(out.data, next) > 0 || at(mask.data, next) < 0.3 || at(skin.data, next) > 0 || next > lowest * width)
      continue;
    if (!alike(lab.data, next, hair)) continue;
    out.data[next] = 1;
    const x = next % width;
    if (x > 0) queue.push(next - 1);
    if (x < width - 1) queue.push(next + 1);
    if (next >= width) queue.push(next - width);
    if (next < out.data.length - width) queue.push(next + width);
  }
  const chin = Math.round((body.face.chin + body.head * 0.15) / by);
  const fallen = out.data.subarray(chin * width).reduce((sum, value) => sum + value, 0);
  const chest = runsOf(out, body.armpit / by).reduce((sum, run) => sum + widthOf(run), 0);
  const flooded = chest > (widthOf(body.trunk(body.armpit)) / by) * 0.6;
  return fallen < (body.head / by) ** 2 * 0.04 || flooded ? makePlane(width, height) : out;
};

const runsTop = (mask: Plane, x: number): number => {
  for (let y = 0; y < mask.height; y++) if (at(mask.data, y * mask.width + x) > 0.5) return y;
  return 0;
};

/** The row near the waist where the colour of the clothes changes most. */
const seamOf = (lab: Raster, cloth: Plane, body: Body, by: number): number | undefined => {
  const rows = range((body.face.chin + body.head * 1.05) / by, (body.crotch - body.head * 0.1) / by);
  const colors = rows.map((y) => {
    const trunk = body.trunk(y * by);
    const row = range(middleOf(trunk) / by - widthOf(trunk) / by / 5, middleOf(trunk) / by + widthOf(trunk) / by / 5)
      .map((x) => y * cloth.width + x)
      .filter((i) => at(cloth.data, i) > 0.5);
    return [0, 1, 2].map((c) => median(row.map((i) => at(lab.data, i * 3 + c)))) as [number, number, number];
  });
  const reach = Math.max(2, Math.round((body.head / by) * 0.14));
  const mean = (from: number, to: number): Rgb =>
    [0, 1, 2].map(
      (c) => colors.slice(from, to).reduce((sum, color) => sum + (color[c] as number), 0) / (to - from),
    ) as unknown as Rgb;
  let best = { value: 13, y: -1 };
  for (let k = reach; k < colors.length - reach; k++) {
    const [l, a, b] = mean(k - reach, k);
    const [l2, a2, b2] = mean(k, k + reach);
    const value = Math.hypot((l - l2) * 0.8, a - a2, b - b2);
    if (value > best.value) best = { value, y: (rows[k] as number) * by };
  }
  return best.y < 0 ? undefined : best.y;
};

/** Whether skin is seen on the outer sides between the shoulders and the armpits. */
const bareShoulders = (body: Body, skin: Plane, mask: Plane, by: number): boolean => {
  const across = (body.shoulders.right.x - body.shoulders.left.x) / by;
  const line = Math.max(body.shoulders.left.y, body.shoulders.right.y);
  const rows = range((line + body.head * 0.3) / by, (body.armpit + body.head * 0.25) / by);
  const shares = (['left', 'right'] as const).map((side) => {
    let bare = 0;
    let all = 0;
    for (const y of rows) {
      const edge = Math.round(body.outline(y * by)[side] / by);
      const inward = side === 'left' ? 1 : -1;
      for (let k = 2; k < across * 0.13; k++) {
        const i = y * mask.width + edge + inward * k;
        if (at(mask.data, i) < 0.5) continue;
        all++;
        bare += at(skin.data, i);
      }
    }
    return all === 0 ? 0 : bare / all;
  });
  return Math.min(...shares) > 0.3 && Math.max(...shares) > 0.55;
};

/** The trunk's edges where bare arms part from the clothes; elsewhere what proportions say. */
const trunkOf = (body: Body, cloth: Plane, by: number): Body['trunk'] => {
  const edges = range(0, cloth.height).map((y) => {
    const likely = body.trunk(y * by);
    const middle = middleOf(likely) / by;
    const half = widthOf(likely) / 2 / by;
    const run = runsOf(cloth, y).find(({ left, right }) => left < middle && right > middle);
    const share = widthOf(run) / (half * 2);
    // The picture's edge is not the trunk's.
    const whole = run !== undefined && run.left > 1 && run.right < cloth.width - 1;
    if (run !== undefined && whole && share > 0.62 && share < 1.55) return run;
    const fits = (reach: number): boolean => reach > half * 0.62 && reach < half * 1.45;
    const left = run !== undefined && fits(middle - run.left) ? run.left : middle - half;
    const right = run !== undefined && fits(run.right - middle) ? run.right : middle + half;
    return { left, right };
  });
  const calm = (y: number, side: 'left' | 'right'): number =>
    median(range(y - 4, y + 5).map((row) => (edges[Math.max(0, Math.min(edges.length - 1, row))] as Run)[side]));
  const smooth = edges.map((_, y) => ({ left: calm(y, 'left') * by, right: calm(y, 'right') * by }));
  return (y) => smooth[Math.max(0, Math.min(smooth.length - 1, Math.round(y / by)))] as Run;
};

/** Reads the clothes; the body comes back with a trunk that follows them. */
export const readClothes = (cv: OpenCv, body: Body): { readonly clothes: Clothes; readonly body: Body } => {
  const { picture, mask, by } = body.small;
  const lab = toLab(picture);
  const skin = ownSkin(cv, body.small, lab, body);
  const hair = longHair(body.small, lab, body, skin);
  const below = Math.round(body.face.chin / by) * mask.width;
  const cloth = mapPlane(mask, (value, i) =>
    value > 0.5 && i > below && at(skin.data, i) === 0 && at(hair.data, i) === 0 ? 1 : 0,
  );
  const seam = seamOf(lab, cloth, body, by);
  const sleeveless = bareShoulders(body, skin, mask, by);
  const trunk = trunkOf(
    body,
    mapPlane(cloth, (value, i) => Math.max(value, at(hair.data, i))),
    by,
  );
  return { clothes: { skin, hair, cloth, seam, sleeveless }, body: { ...body, trunk, waist: seam ?? body.waist } };
};
