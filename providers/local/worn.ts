import { type Body, findBody } from './body.ts';
import { type Clothes, readClothes } from './clothes.ts';
import { LocalFailure } from './failure.ts';
import { patchesOf } from './grabcut.ts';
import { guidedAt, guidedSlopes } from './guided.ts';
import { openCv } from './opencv.ts';
import { at, boxOf, type Cutout, makePlane, mapPlane, smoothstep } from './raster.ts';
import { range, widthOf } from './rows.ts';

type Part = 'auto' | 'top' | 'bottom' | 'dress';

/** A garment's print or colour may look like a face: a person has a head on shoulders, and clothes on most of the rest. */
const isSomebody = ({ box }: Cutout, body: Body, { skin }: Clothes): boolean => {
  const { mask } = body.small;
  const area = mask.data.filter((value) => value > 0.5).length;
  const bare = skin.data.filter((value) => value > 0).length;
  const middle = (body.face.top + body.face.chin) / 2;
  const head = widthOf(body.outline(middle));
  const shoulders = Math.max(...range(0, 8).map((k) => widthOf(body.outline(body.face.chin + (k / 7) * body.head))));
  const high = middle < box.top + (box.bottom - box.top) * 0.36;
  return high && head < shoulders * 0.72 && bare > area * 0.03 && bare < area * 0.45;
};

/**
 * A garment from a picture of somebody who wears it: the clothes without the person. Of top and
 * trousers it is the top. A garment on its own comes back as it is. `what` names the picture to the caller.
 */
export const takenOff = async (cutout: Cutout, part: Part, what: string): Promise<Cutout> => {
  const found = await findBody(cutout);
  if (found === undefined || found.head > (cutout.box.bottom - cutout.box.top) * 0.6) return cutout;
  const cv = await openCv();
  const { clothes, body } = readClothes(cv, found);
  const { picture, mask, by } = body.small;
  if (!isSomebody(cutout, body, clothes)) return cutout;
  if (part === 'bottom' || !clothes.sleeveless) {
    throw new LocalFailure(
      'no_subject_found',
      `${what} shows a garment on a person; only tops and dresses without sleeves can be taken from such a picture. ` +
        'Send the garment alone, from the front, on a plain ground.',
    );
  }
  const seam = clothes.seam === undefined || part === 'dress' ? undefined : clothes.seam / by;
  const piece = mapPlane(clothes.cloth, (value, i) => {
    const y = Math.floor(i / mask.width);
    return seam === undefined || y < seam ? value : 0;
  });
  // One connected piece: what hands and hair cut off is none of it.
  const [largest] = patchesOf(cv, piece).toSorted((a, b) => b.area - a.area);
  if (largest === undefined) return cutout;
  const slopes = guidedSlopes(picture, largest.mask(), 3, 0.0008);
  const alpha = makePlane(cutout.alpha.width, cutout.alpha.height);
  for (let i = 0; i < alpha.data.length; i++) {
    const own = at(cutout.alpha.data, i);
    if (own <= 0) continue;
    const y = Math.floor(i / alpha.width);
    const value = guidedAt(slopes, (i - y * alpha.width + 0.5) / by - 0.5, (y + 0.5) / by - 0.5, cutout.picture, i * 3);
    alpha.data[i] = own * smoothstep(0.3, 0.75, value);
  }
  const box = boxOf(alpha, 0.3);
  return box === undefined ? cutout : { picture: cutout.picture, alpha, box };
};
