import { grabCut, mark, withoutStrips } from './grabcut.ts';
import { neighbors } from './neighbors.ts';
import type { OpenCv } from './opencv.ts';
import { at, mapPlane, mix, type Plane, type Raster, smoothstep } from './raster.ts';
import { median, type Run, range, runsOf, widthOf } from './rows.ts';
import { salience } from './salience.ts';
import { skinOf } from './skin.ts';

interface Levels {
  readonly low: number;
  readonly middle: number;
  readonly likely: number;
  readonly high: number;
}

const levelsOf = (map: Plane): Levels => {
  const sorted = Float32Array.from(map.data).sort();
  const level = (share: number): number => at(sorted, Math.floor(sorted.length * share));
  return { low: level(0.28), middle: level(0.5), likely: level(0.6), high: level(0.82) };
};

/** What stands out may be the subject, what does not may be the ground; the border is ground unless it stands out. */
const firstMarks = (map: Plane, { low, middle, likely }: Levels): Uint8Array => {
  const { width } = map;
  return Uint8Array.from(map.data, (value, i) => {
    const x = i % width;
    const edge = i < width * 2 || ((x < 2 || x > width - 3) && value < middle);
    if (edge || value < low) return mark.ground;
    return value > likely ? mark.maybeSubject : mark.maybeGround;
  });
};

/** Whether a stretch of a row goes on in its own colours up to the top edge. */
const reachesTop = (lab: Raster, run: Run, row: number): boolean => {
  const off = (x: number, y: number): number => {
    const [from, to] = [(y * lab.width + x) * 3, (row * lab.width + x) * 3];
    return Math.max(...[0, 1, 2].map((c) => Math.abs(at(lab.data, from + c) - at(lab.data, to + c))));
  };
  const rows = range(1, row);
  return median(range(run.left, run.right).map((x) => Math.max(...rows.map((y) => off(x, y))))) < 16;
};

/** Posts, trunks and cables: what comes in narrow from the top edge and stays narrow belongs to the ground. */
const hanging = (mask: Plane, lab: Raster): Uint8Array => {
  const { width, height } = mask;
  const out = new Uint8Array(width * height);
  const row = Math.round(height * 0.06);
  for (const run of runsOf(mask, row)) {
    const first = widthOf(run);
    if (first > width * 0.2 || !reachesTop(lab, run, row)) continue;
    let last = run;
    for (const y of range(0, height)) {
      const { left, right } = last;
      const next = y < row ? run : runsOf(mask, y).find((other) => other.right > left && other.left < right);
      if (next === undefined || widthOf(next) > first * 1.6 + 3) break;
      out.fill(1, y * width + next.left, y * width + next.right);
      last = next;
    }
  }
  return out;
};

interface BusyCut {
  readonly mask: Plane;
  /** The subject's share of each pixel's neighbours. */
  readonly votes: Plane;
}

/** GrabCut throws where one side has no pixel to learn from. */
const bothSides = (marks: Uint8Array): boolean => {
  const subject = marks.filter((value) => value === mark.subject || value === mark.maybeSubject).length;
  return subject > 20 && subject < marks.length - 20;
};

/**
 * Subject and ground of a picture whose ground is not plain. GrabCut knows colours of the whole picture only: what it
 * found is put to the vote among near neighbours of like colour, twice, and cut again. Undefined where one side is empty.
 */
export const busyCut = (cv: OpenCv, small: Raster, lab: Raster): BusyCut | undefined => {
  const map = salience(lab);
  const levels = levelsOf(map);
  const first = firstMarks(map, levels);
  if (!bothSides(first)) return undefined;
  const start = grabCut(cv, small, first, 2);
  const skin = skinOf(small, map, 0);
  const bareAbove = (level: number): Plane => mapPlane(skin, (value, i) => (at(map.data, i) > level ? value : 0));
  const bare = bareAbove(mix(levels.low, levels.middle, 0.5));
  // A narrow and a generous look: too generous, and a post grows together with what stands beside it.
  const outside = [start, bareAbove(levels.middle), bare].map((more) =>
    hanging(
      mapPlane(start, (value, i) => Math.max(value, at(more.data, i))),
      lab,
    ),
  );
  const hangs = (i: number): boolean => outside.some((of) => of[i] === 1);
  const held = (i: number): boolean => hangs(i) || first[i] === mark.ground;
  const prior = mapPlane(map, (value) => smoothstep(levels.low, levels.high, value));
  const vote = (mask: Plane): Plane => {
    const votes = mapPlane(prior, (share, i) => {
      if (held(i)) return -1;
      if (at(mask.data, i) > 0.5) return share * share;
      return at(bare.data, i) > 0 ? 1 : -(1 - share) * (1 - share);
    });
    return neighbors(lab, votes, prior);
  };
  const decided = (votes: Plane, mask: Plane): Plane =>
    mapPlane(votes, (share, i) => (!held(i) && share + (at(mask.data, i) - 0.5) * 0.4 > 0.5 ? 1 : 0));
  const once = decided(vote(start), start);
  const votes = vote(once);
  const twice = decided(votes, once);
  const marks = Uint8Array.from(votes.data, (share, i) => {
    if (hangs(i) || (held(i) && share < 0.5)) return mark.ground;
    if (share > 0.9) return mark.subject;
    if (share < 0.1) return mark.ground;
    return at(twice.data, i) > 0.5 ? mark.maybeSubject : mark.maybeGround;
  });
  if (!bothSides(marks)) return undefined;
  const cut = grabCut(cv, small, marks, 1);
  return { mask: withoutStrips(cv, cut, 2.5, Math.max(small.width, small.height) * 0.06), votes };
};
