import type { Pin } from './bend.ts';
import type { Body, Point } from './body.ts';
import type { Garment } from './garment.ts';
import { clamp, mix } from './raster.ts';
import { middleOf, type Run, range, widthOf } from './rows.ts';

const sides = ['left', 'right'] as const;
type Side = (typeof sides)[number];
const sign = (side: Side): -1 | 1 => (side === 'left' ? -1 : 1);
const far = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

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

const shoulderLine = (body: Body, x: number): number => {
  const end = x < body.neck.x ? body.shoulders.left : body.shoulders.right;
  const share = clamp((x - body.neck.x) / (end.x - body.neck.x || 1), 0, 1.2);
  return mix(body.neck.y - body.head * 0.02, end.y, share ** 1.5);
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

/** Rows of the garment's body follow the trunk; where the garment is wider than the trunk it keeps some of its own cut. */
const bodyPins = (garment: Garment, body: Body, scale: number, from: number, start: number): readonly Pin[] => {
  const [shortest, longest] = hems[garment.kind];
  const hem = clamp(
    start + (garment.bottom - from) * scale,
    body.crotch + body.head * shortest,
    Math.max(body.crotch + body.head * longest, start + 1),
  );
  const down = (hem - start) / (garment.bottom - from);
  return range(0, 8).flatMap((k) => {
    const y = mix(from, garment.bottom - (garment.bottom - garment.top) * 0.012, k / 7);
    const own = garment.body(y);
    const to = start + (y - from) * down;
    const trunk: Run = body.trunk(Math.min(to, body.crotch));
    const half = clamp(
      (widthOf(own) / 2) * scale,
      (widthOf(trunk) / 2) * 1.05,
      (widthOf(trunk) / 2) * (garment.kind === 'dress' ? 1.5 : 1.22),
    );
    const middle = middleOf(trunk);
    return [
      { from: { x: own.left, y }, to: { x: middle - half, y: to } },
      { from: { x: middleOf(own), y }, to: { x: middle, y: to } },
      { from: { x: own.right, y }, to: { x: middle + half, y: to } },
    ];
  });
};

/** Sleeves hang along the outer side of the arms. */
const sleevePins = (garment: Garment, body: Body, scale: number): readonly Pin[] => {
  const { sleeves } = garment;
  if (sleeves === undefined) return [];
  return sides.flatMap((side) => {
    const [outer, inner] = sleeves[side];
    const tip = garment.shoulders[side];
    const end = body.shoulders[side];
    const length = far(tip, outer) * scale * 0.96;
    const across = clamp(far(outer, inner) * scale, body.head * 0.5, body.head * 0.74);
    const at = (share: number): Point => {
      const y = end.y + length * share * 0.97;
      const edge = body.outline(y)[side];
      const limit = end.x + sign(side) * body.head * 0.55;
      const x = side === 'left' ? Math.max(edge, limit) : Math.min(edge, limit);
      return { x: x + sign(side) * body.head * 0.05, y };
    };
    const cuff = at(1);
    // The sleeve's inner side stays beside the trunk: across it, cloth would fold onto itself.
    const free = cuff.x - sign(side) * across;
    const hem = body.trunk(cuff.y)[side] + sign(side) * body.head * 0.03;
    return [
      { from: { x: mix(tip.x, outer.x, 0.5), y: mix(tip.y, outer.y, 0.5) }, to: at(0.5) },
      { from: outer, to: cuff },
      {
        from: inner,
        to: { x: side === 'left' ? Math.min(free, hem) : Math.max(free, hem), y: cuff.y + body.head * 0.06 },
      },
    ];
  });
};

/** What goes where. */
export const pinsFor = (garment: Garment, body: Body): readonly Pin[] => {
  const scale = scaleOf(garment, body);
  if (garment.kind === 'bottom') return bodyPins(garment, body, scale, garment.top + 2, body.waist - body.head * 0.05);
  const deep = clamp(
    (garment.armpit - Math.min(garment.shoulders.left.y, garment.shoulders.right.y)) * scale,
    body.head * 0.6,
    body.head * 1.15,
  );
  const line = (body.shoulders.left.y + body.shoulders.right.y) / 2;
  const below = (garment.bottom - garment.top) * (garment.sleeves === undefined ? 0 : 0.03);
  return [
    ...upperPins(garment, body, scale),
    ...sleevePins(garment, body, scale),
    ...bodyPins(garment, body, scale, garment.armpit + below, line + deep + below * scale),
  ];
};
