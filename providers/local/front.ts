import type { Body } from './body.ts';
import type { Clothes } from './clothes.ts';
import type { Garment } from './garment.ts';
import { guidedAt, guidedSlopes } from './guided.ts';
import { at, type Box, type Cutout, makePlane, mapPlane, type Plane, smoothstep } from './raster.ts';
import { range } from './rows.ts';

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

/**
 * What of the person stays in front of the cloth, at the body's small size: head, long hair, arms that no sleeve
 * covers, hands. `cuff` is the height, in pixels of the cut-out, where the garment's sleeves end.
 */
const inFrontSmall = (body: Body, clothes: Clothes, garment: Garment, cuff: number): Plane => {
  const { mask, by } = body.small;
  const { width, height } = mask;
  const { head, face } = body;
  const jaw = face.chin + head * 0.1;
  const trunks = range(0, height).map((y) => body.trunk(y * by));
  const sleeved = garment.sleeves !== undefined;
  return mapPlane(mask, (_, i) => {
    const y = Math.floor(i / width);
    const trunk = trunks[y];
    if (trunk === undefined) return 0;
    const [px, py] = [(i - y * width) * by, y * by];
    const beside = Math.abs(px - face.x) / (head * 0.85);
    const top = smoothstep(jaw + head * 0.1, jaw, py) * smoothstep(1.1, 0.95, beside);
    const long = garment.kind === 'bottom' ? 0 : at(clothes.hair.data, i);
    const outside = Math.max(trunk.left - px, px - trunk.right) / head;
    const skin = at(clothes.skin.data, i);
    const free = sleeved ? py > cuff : py > face.chin + head * 0.55;
    const arm = free ? skin * smoothstep(-0.14, -0.05, outside) : 0;
    const hand = py > body.waist + head * 0.25 ? skin : 0;
    // An old sleeve stays over a garment that has none: it is worn below it, as a shirt below a vest.
    const under = !sleeved && !clothes.sleeveless && garment.kind !== 'bottom' && py > body.armpit;
    const sleeve = under ? at(mask.data, i) * smoothstep(0.02, 0.08, outside) : 0;
    return Math.max(top, long, arm, hand, sleeve);
  });
};

/** The same for the part `box` of the cut-out, at full size and with the picture's own edges. */
export const inFront = (
  person: Cutout,
  body: Body,
  clothes: Clothes,
  garment: Garment,
  cuff: number,
  box: Box,
): Plane => {
  const { picture, by } = body.small;
  const rough = inFrontSmall(body, clothes, garment, cuff);
  const slopes = guidedSlopes(picture, rough, 3, 0.0008);
  const out = makePlane(box.right - box.left, box.bottom - box.top);
  for (let y = box.top, i = 0; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++, i++) {
      const value = guidedAt(
        slopes,
        (x + 0.5) / by - 0.5,
        (y + 0.5) / by - 0.5,
        person.picture,
        (y * person.alpha.width + x) * 3,
      );
      out.data[i] = smoothstep(0.2, 0.8, value);
    }
  }
  return out;
};
