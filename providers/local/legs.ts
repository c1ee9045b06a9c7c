import type { Pin } from './bend.ts';
import type { Body } from './body.ts';
import { mix, type Plane } from './raster.ts';
import { middleOf, type Run, range, runsOf, widthOf } from './rows.ts';

/** Both legs of a person or of trousers, in pixels of its picture. */
export interface Legs {
  readonly top: number;
  readonly crotch: number;
  readonly bottom: number;
  /** Left and right leg at a height; above the crotch the two halves of the hips. */
  readonly at: (y: number) => readonly [Run, Run];
}

interface Looked {
  readonly mask: Plane;
  /** Pixels of the picture for each of the mask. */
  readonly by: number;
  readonly top: number;
  readonly bottom: number;
  /** Where the hips are, in pixels of the mask. */
  readonly hips: Run;
}

const halves = ({ left, right }: Run): readonly [Run, Run] => {
  const middle = (left + right) / 2;
  return [
    { left, right: middle },
    { left: middle, right },
  ];
};

/** Reads two legs off an outline: two long stretches below one. */
export const legsOf = ({ mask, by, top, bottom, hips }: Looked): Legs => {
  const wide = widthOf(hips);
  const reach = { left: hips.left - wide * 0.35, right: hips.right + wide * 0.35 };
  const stretches = (y: number): readonly Run[] =>
    runsOf(mask, y).filter((run) => widthOf(run) > wide * 0.14 && run.right > reach.left && run.left < reach.right);
  const rows = range(top, bottom);
  const split = (y: number): boolean => stretches(y).length >= 2;
  const crotch =
    rows.find(
      (y) =>
        y > top + wide * 0.35 &&
        split(y) &&
        range(y, Math.min(bottom, y + wide * 0.4)).filter(split).length > wide * 0.25,
    ) ?? Math.min(bottom, top + wide * 0.85);
  const at = (y: number): readonly [Run, Run] => {
    const found = stretches(Math.min(bottom - 1, y));
    const [first, last] = [found[0], found.at(-1)];
    const pair = first !== undefined && last !== undefined && first !== last && y > crotch ? [first, last] : undefined;
    const both = (pair ?? halves(first === undefined ? hips : { left: first.left, right: (last as Run).right })) as [
      Run,
      Run,
    ];
    return both.map(({ left, right }) => ({ left: left * by, right: right * by })) as [Run, Run];
  };
  return { top: top * by, crotch: crotch * by, bottom: bottom * by, at: (y) => at(y / by) };
};

/** Trousers on legs: hips on hips, each leg on its leg. `hem` is where they end on the body. */
export const legPins = (trousers: Legs, person: Legs, body: Body, hem: number): readonly Pin[] => {
  const room = body.head * 0.035;
  const start = body.waist - body.head * 0.05;
  const hips = range(0, 4).flatMap((k): Pin[] => {
    const from = mix(trousers.top, trousers.crotch, k / 4 + 0.01);
    const to = mix(start, person.crotch, k / 4);
    const [own, own2] = trousers.at(from);
    const [leg, leg2] = person.at(Math.max(to, body.waist + body.head * 0.06));
    return [
      { from: { x: own.left, y: from }, to: { x: leg.left - room, y: to } },
      { from: { x: (own.left + own2.right) / 2, y: from }, to: { x: (leg.left + leg2.right) / 2, y: to } },
      { from: { x: own2.right, y: from }, to: { x: leg2.right + room, y: to } },
    ];
  });
  const legs = range(0, 7).flatMap((k): Pin[] => {
    const from = mix(trousers.crotch, trousers.bottom - (trousers.bottom - trousers.top) * 0.01, k / 6);
    const to = mix(person.crotch, hem, k / 6);
    const legs = person.at(to);
    return trousers.at(from).flatMap((own, side): Pin[] => {
      const leg = legs[side] as Run;
      const inner = k === 0 ? 0 : room * 0.6;
      const [left, right] = side === 0 ? [room, inner] : [inner, room];
      return [
        { from: { x: own.left, y: from }, to: { x: leg.left - left, y: to } },
        { from: { x: middleOf(own), y: from }, to: { x: middleOf(leg), y: to } },
        { from: { x: own.right, y: from }, to: { x: leg.right + right, y: to } },
      ];
    });
  });
  return [...hips, ...legs];
};
