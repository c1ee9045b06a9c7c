import type { Pin } from './bend.ts';
import type { Body, Point } from './body.ts';
import type { Garment } from './garment.ts';
import { clamp, mix } from './raster.ts';
import { range } from './rows.ts';

const far = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

interface Arm {
  readonly joint: Point;
  /** Of length 1. */
  readonly along: Point;
  readonly reach: number;
}

/** Where an arm goes from its shoulder: the outermost direction, from level down to hanging, that stays on the body. */
const armOf = (body: Body, side: 'left' | 'right', length: number): Arm => {
  const out = side === 'left' ? -1 : 1;
  const end = body.shoulders[side];
  const joint = { x: end.x - out * body.head * 0.2, y: end.y + body.head * 0.22 };
  const stays = (angle: number, reach: number): boolean =>
    range(2, 9).every((k) => {
      const t = (k / 8) * reach;
      const x = joint.x + out * Math.cos(angle) * t;
      const y = joint.y + Math.sin(angle) * t;
      const outer = body.head * 0.1;
      return body.inside(x, y) && body.inside(x + out * Math.sin(angle) * outer, y - Math.cos(angle) * outer);
    });
  const angles = range(0, 16).map((k) => (k * 6 * Math.PI) / 180);
  // An arm that points at the viewer looks short; one that hangs does not.
  const found = [1, 0.8, 0.6].flatMap((share) => {
    const first = angles.findIndex((value) => stays(value, length * share));
    const after = angles.findIndex((value, k) => k > first && !stays(value, length * share));
    const last = (after < 0 ? angles.length : after) - 1;
    // A forearm that is raised fills what lies above the upper arm: its middle is meant, not its upper edge.
    const angle = first < 0 ? undefined : (angles[first] as number) > 1 ? angles[first] : angles[(first + last) >> 1];
    return angle === undefined || (share < 1 && angle > 1) ? [] : [{ angle, reach: length * share }];
  })[0] ?? { angle: Math.PI / 2, reach: length };
  return { joint, along: { x: out * Math.cos(found.angle), y: Math.sin(found.angle) }, reach: found.reach };
};

/** From a point outwards until the body ends, at most `most`. */
const thickness = (body: Body, from: Point, toward: Point, most: number): number => {
  const steps = range(1, 25).find(
    (k) => !body.inside(from.x + (toward.x * most * k) / 24, from.y + (toward.y * most * k) / 24),
  );
  return steps === undefined ? most : (most * steps) / 24;
};

/** Sleeves follow the upper arms. */
export const sleevePins = (garment: Garment, body: Body, scale: number): readonly Pin[] => {
  const { sleeves } = garment;
  if (sleeves === undefined) return [];
  return (['left', 'right'] as const).flatMap((side) => {
    const out = side === 'left' ? -1 : 1;
    const [outer, inner] = sleeves[side];
    const tip = garment.shoulders[side];
    const length = Math.min(far(tip, outer) * scale * 0.94, body.head * 2.6);
    const seen = Math.min(length, body.head * 1.25);
    const { joint, along, reach: visible } = armOf(body, side, seen);
    const hanging = Math.abs(along.x) < 0.42;
    // Outwards, square to the arm.
    const square = { x: out * along.y, y: -Math.abs(along.x) };
    const at = (t: number, off: number): Point => ({
      x: joint.x + along.x * t + square.x * off,
      y: joint.y + along.y * t + square.y * off,
    });
    const reach = hanging ? length - body.head * 0.2 : Math.min(length - body.head * 0.2, visible);
    const room = (t: number): number => thickness(body, at(t, 0), square, body.head * 0.42) + body.head * 0.06;
    const across = clamp(far(outer, inner) * scale, body.head * 0.5, body.head * 0.78);
    const free = at(reach, room(reach) - across);
    const hem = body.trunk(free.y)[side] + out * body.head * 0.03;
    // Beside the trunk: across it, cloth would fold onto itself.
    const innerX = hanging ? (side === 'left' ? Math.min(free.x, hem) : Math.max(free.x, hem)) : free.x;
    const outside = (share: number): Pin => {
      const y = mix(tip.y, outer.y, share);
      const t = Math.max(0, share * (reach + body.head * 0.2) - body.head * 0.2);
      return { from: { x: garment.outline(y)[side], y }, to: at(t, room(t)) };
    };
    const middle = {
      from: { x: mix(tip.x, outer.x, 0.5), y: mix(tip.y, outer.y, 0.5) },
      to: at(reach * 0.5, room(reach * 0.5)),
    };
    return [
      ...(hanging ? [0.3, 0.6].map(outside) : [middle]),
      { from: outer, to: at(reach, room(reach)) },
      { from: inner, to: { x: innerX, y: free.y } },
    ];
  });
};
