import type { Pin } from './bend.ts';
import type { Body } from './body.ts';
import type { Clothes } from './clothes.ts';
import type { Garment } from './garment.ts';
import { legPins, legsOf } from './legs.ts';
import { boxOf, clamp, mix } from './raster.ts';
import { middleOf, type Run, range, widthOf } from './rows.ts';
import { sleevePins } from './sleeves.ts';

const sides = ['left', 'right'] as const;
const sign = (side: (typeof sides)[number]): -1 | 1 => (side === 'left' ? -1 : 1);

/** Garment pixels to body pixels: its body goes around the trunk, with room to move. */
export const scaleOf = (garment: Garment, body: Body): number => {
  const chest = widthOf(body.trunk(body.armpit + body.head * 0.1));
  const own =
    garment.kind === 'bottom'
      ? widthOf(garment.body(garment.top + (garment.bottom - garment.top) * 0.05))
      : widthOf(garment.body(garment.armpit + (garment.bottom - garment.armpit) * 0.12));
  const waist = widthOf(body.trunk(body.waist));
  return garment.kind === 'bottom' ? (waist * 1.02) / own : (chest * 1.07) / own;
};

/** Where cloth lies on the shoulder at `x`: on the outline, but not on hair that hides it. */
const shoulderLine = (body: Body, x: number): number => {
  const end = x < body.neck.x ? body.shoulders.left : body.shoulders.right;
  const share = clamp((x - body.neck.x) / (end.x - body.neck.x || 1), 0, 1.2);
  const likely = mix(body.neck.y - body.head * 0.02, end.y, share ** 1.5);
  const down = range(0, 24).find((k) => body.inside(x, likely + (k / 24) * body.head * 0.45));
  return likely + ((down ?? 0) / 24) * body.head * 0.45;
};

const upperPins = (garment: Garment, body: Body, scale: number): readonly Pin[] =>
  sides.flatMap((side) => {
    const neck = garment.neck[side];
    const tip = garment.shoulders[side];
    const end = body.shoulders[side];
    const reach = Math.abs(end.x - body.neck.x);
    const wide = clamp(Math.abs(neck.x - garment.center) * scale, body.head * 0.24, reach * 0.8);
    const neckX = body.neck.x + sign(side) * wide;
    const out =
      garment.sleeves === undefined
        ? clamp(Math.abs(tip.x - garment.center) * scale, wide + body.head * 0.06, reach * 0.95)
        : reach * 0.99;
    const tipX = body.neck.x + sign(side) * out;
    const lift = body.head * 0.03;
    return [
      { from: neck, to: { x: neckX, y: shoulderLine(body, neckX) - lift } },
      { from: tip, to: { x: tipX, y: shoulderLine(body, tipX) - lift } },
    ];
  });

/** Where a hem may come to lie, in heads below the crotch: shortest and longest. */
const hems = { top: [-0.75, 0.25], dress: [0.55, 2], bottom: [0.2, 3.9] } as const;

/** How much wider than the trunk a garment may be. */
const flare = { top: 1.15, dress: 1.5, bottom: 1.9 } as const;

/** Rows of the garment's body follow the trunk; where the garment is wider than the trunk it keeps some of its own cut. */
const bodyPins = (
  garment: Garment,
  body: Body,
  scale: number,
  from: number,
  start: number,
  covered: number,
): readonly Pin[] => {
  const [shortest, longest] = hems[garment.kind];
  const hem = clamp(
    start + (garment.bottom - from) * scale,
    Math.max(body.crotch + body.head * shortest, covered),
    Math.max(body.crotch + body.head * longest, start + 1),
  );
  const down = (hem - start) / (garment.bottom - from);
  const ending = garment.bottom - (garment.bottom - garment.top) * 0.12;
  return range(0, 8).flatMap((k) => {
    const y = mix(from, garment.bottom - (garment.bottom - garment.top) * 0.012, k / 7);
    const own = garment.body(y);
    const to = start + (y - from) * down;
    const trunk = body.trunk(garment.kind === 'bottom' ? to : Math.min(to, body.crotch));
    const half = clamp(
      (widthOf(own) / 2) * scale,
      (widthOf(trunk) / 2) * 1.05,
      (widthOf(trunk) / 2) * flare[garment.kind],
    );
    const middle = middleOf(trunk);
    // Rounded corners stay outside the pins: pulled to the trunk's edge they would flare.
    const near = y > ending ? garment.body(ending) : own;
    const left = Math.min(own.left, near.left);
    const right = Math.max(own.right, near.right);
    return [
      { from: { x: left, y }, to: { x: middle - half, y: to } },
      { from: { x: (left + right) / 2, y }, to: { x: middle, y: to } },
      { from: { x: right, y }, to: { x: middle + half, y: to } },
    ];
  });
};

const bottomPins = (garment: Garment, body: Body, { cloth }: Clothes, scale: number): readonly Pin[] => {
  const { mask, by } = body.small;
  const last = (boxOf(mask)?.bottom ?? mask.height) * by;
  const cut = last > mask.height * by - body.head * 0.05;
  // Feet stay out of trousers; legs that the frame cuts go on below it.
  const ankle = cut ? last : last - body.head * 0.28;
  const hips = body.trunk(body.waist + body.head * 0.3);
  const person = legsOf({
    mask: cloth,
    by,
    top: Math.round(body.waist / by),
    bottom: Math.round(ankle / by),
    hips: { left: hips.left / by, right: hips.right / by },
  });
  if (garment.legs !== undefined) {
    const own = (garment.bottom - garment.top) * scale;
    return legPins(
      garment.legs,
      person,
      body,
      cut ? Math.max(last, body.waist + own) : Math.min(ankle, body.waist + own),
    );
  }
  // A skirt goes around both legs.
  let widest = body.trunk(body.waist);
  const around = (y: number): Run => {
    const [left, right] = person.at(y);
    if (y < body.waist + body.head * 0.15) return body.trunk(y);
    // Cloth hangs: it does not follow the knees inwards.
    widest = { left: Math.min(widest.left, left.left), right: Math.max(widest.right, right.right) };
    return widest;
  };
  return bodyPins(garment, { ...body, trunk: around }, scale, garment.top + 2, body.waist - body.head * 0.06, 0);
};

interface Fit {
  readonly pins: readonly Pin[];
  /** The height where the sleeves end, in pixels of the cut-out. */
  readonly cuff: number;
}

/** What goes where. A new top is not shorter than the old one, which would show. */
export const fitGarment = (garment: Garment, body: Body, clothes: Clothes): Fit => {
  const scale = scaleOf(garment, body);
  if (garment.kind === 'bottom') return { pins: bottomPins(garment, body, clothes, scale), cuff: body.waist };
  const deep = clamp(
    (garment.armpit - Math.min(garment.shoulders.left.y, garment.shoulders.right.y)) * scale,
    body.head * 0.6,
    body.head * 1.15,
  );
  const line = (body.shoulders.left.y + body.shoulders.right.y) / 2;
  const below = (garment.bottom - garment.top) * (garment.sleeves === undefined ? 0 : 0.03);
  const sleeves = sleevePins(garment, body, scale);
  const covered = clothes.seam === undefined ? 0 : clothes.seam + body.head * 0.07;
  const pins = [
    ...upperPins(garment, body, scale),
    ...sleeves,
    ...bodyPins(garment, body, scale, garment.armpit + below, line + deep + below * scale, covered),
  ];
  return { pins, cuff: Math.max(...sleeves.map(({ to }) => to.y), 0) - body.head * 0.1 };
};
