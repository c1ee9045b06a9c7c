import { blurPlane } from './blur.ts';
import type { Body } from './body.ts';
import type { Garment } from './garment.ts';
import { patchesOf } from './grabcut.ts';
import { labOf, toLab } from './lab.ts';
import { openCv } from './opencv.ts';
import { at, type Cutout, clamp, makePlane, mapPlane, meanColor, type Plane, smoothstep } from './raster.ts';
import { resizePlane, resizeRaster, within } from './resample.ts';
import type { Run } from './rows.ts';
import { skinOf } from './skin.ts';

/** A laid-out garment shows the inside of its back at the neck; worn, the neck is there. */
export const openNeck = (piece: Cutout, garment: Garment): Cutout => {
  const { left, right } = garment.neck;
  const half = ((right.x - left.x) / 2) * 0.8;
  const x = (left.x + right.x) / 2;
  const y = Math.min(left.y, right.y);
  const deep = Math.max(4, half * 1.4);
  const { width } = piece.alpha;
  const alpha = mapPlane(piece.alpha, (value, i) => {
    const dx = ((i % width) - x) / Math.max(4, half);
    const dy = (Math.floor(i / width) - y) / deep;
    return dy > 1.2 || dy < -0.3 ? value : value * smoothstep(0.94, 1.06, Math.hypot(dx, Math.max(0, dy)));
  });
  return { ...piece, alpha };
};

/** Flood of pixels alike in colour, from rows of the head downwards: hair that falls over the shoulders. */
const hairOf = (person: Cutout, body: Body): Plane => {
  const { width, height } = person.alpha;
  const color = (i: number) =>
    labOf(at(person.picture.data, i * 3), at(person.picture.data, i * 3 + 1), at(person.picture.data, i * 3 + 2));
  const out = makePlane(width, height);
  const top = Math.round((person.box.top + body.face.top) / 2);
  const seed = top * width + Math.round(body.face.x);
  const hair = color(seed);
  if (hair[0] > 55) return out;
  const lowest = body.face.chin + body.head * 2;
  const queue = [seed];
  const step = 1;
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (at(out.data, next) > 0 || at(person.alpha.data, next) < 0.3 || next > lowest * width) continue;
    const [l, a, b] = color(next);
    if (Math.hypot((l - hair[0]) * 0.8, a - hair[1], b - hair[2]) > 17) continue;
    out.data[next] = 1;
    const x = next % width;
    if (x >= step) queue.push(next - step);
    if (x < width - step) queue.push(next + step);
    if (next >= width) queue.push(next - width);
    if (next < out.data.length - width) queue.push(next + width);
  }
  return blurPlane(out, Math.max(1, body.head * 0.006));
};

/** Skin like the face's, in patches of at least a wrist: beige cloth and brown leather are not arms. */
const armsOf = async (person: Cutout, body: Body): Promise<Plane> => {
  const size = within(person.alpha, 360);
  const by = person.alpha.width / size.width;
  const picture = resizeRaster(person.picture, size.width, size.height);
  const skin = skinOf(picture, resizePlane(person.alpha, size.width, size.height));
  const lab = toLab(picture);
  const near = mapPlane(skin, (value, i) => {
    const dx = ((i % size.width) * by - body.face.x) / (body.face.width * 0.45);
    const dy = (Math.floor(i / size.width) * by - (body.face.top + body.face.chin) / 2) / (body.face.width * 0.55);
    return value > 0 && Math.hypot(dx, dy) < 1 ? 1 : 0;
  });
  const [l, a, b] = meanColor(lab, near);
  const alike = mapPlane(skin, (value, i) => {
    const off = Math.hypot(at(lab.data, i * 3 + 1) - a, at(lab.data, i * 3 + 2) - b);
    return value > 0 && off < 11 && Math.abs(at(lab.data, i * 3) - l) < 24 ? 1 : 0;
  });
  const least = (body.head / by) ** 2 * 0.05;
  const kept = patchesOf(await openCv(), alike).filter(({ area }) => area >= least);
  const out = makePlane(size.width, size.height);
  for (const patch of kept)
    patch.mask().data.forEach((value, i) => {
      if (value > 0) out.data[i] = 1;
    });
  return resizePlane(blurPlane(out, 1), person.alpha.width, person.alpha.height);
};

/** What of the person stays in front of the cloth: head, neck, long hair, and arms that a sleeve does not cover. */
export const inFront = async (person: Cutout, body: Body, garment: Garment, cloth: Plane): Promise<Plane> => {
  const { width } = person.alpha;
  const skin = await armsOf(person, body);
  const hair = hairOf(person, body);
  const jaw = body.face.chin + body.head * 0.1;
  const trunks = Array.from({ length: cloth.height }, (_, y) => body.trunk(y));
  return mapPlane(cloth, (covered, i) => {
    if (covered <= 0) return 0;
    const x = i % width;
    const y = Math.floor(i / width);
    const beside = Math.abs(x - body.face.x) / (body.head * 0.85);
    const head = smoothstep(jaw + body.head * 0.1, jaw, y) * smoothstep(1.1, 0.95, beside);
    const long = smoothstep(0.35, 0.75, at(hair.data, i)) * (garment.kind === 'bottom' ? 0 : 1);
    const trunk = trunks[y] as Run;
    const outside = Math.max(trunk.left - x, x - trunk.right) / body.head;
    const bare = garment.sleeves === undefined || y > body.armpit + body.head * 1.1;
    const arm =
      bare && y > body.armpit ? smoothstep(0.3, 0.7, at(skin.data, i)) * smoothstep(-0.14, -0.04, outside) : 0;
    const hand = y > body.waist + body.head * 0.2 ? smoothstep(0.35, 0.7, at(skin.data, i)) : 0;
    return clamp(Math.max(head, long, arm, hand));
  });
};
