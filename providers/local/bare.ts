import { blurPlane, blurRaster } from './blur.ts';
import type { Body } from './body.ts';
import type { Clothes } from './clothes.ts';
import { patchesOf } from './grabcut.ts';
import type { OpenCv } from './opencv.ts';
import {
  at,
  boxOf,
  type Cutout,
  clamp,
  luma,
  makePlane,
  makeRaster,
  mapPlane,
  meanColor,
  mix,
  type Plane,
  type Raster,
  smoothstep,
} from './raster.ts';
import { copyRaster, resizePlane, resizeRaster } from './resample.ts';

/** The skin's colour everywhere: its own where it is seen, what is near elsewhere, the mean far from any. */
const skinColors = (picture: Raster, skin: Plane, sigma: number): Raster => {
  const mean = meanColor(picture, skin);
  const scaled = makeRaster(picture.width, picture.height);
  for (let p = 0; p < scaled.data.length; p++) scaled.data[p] = at(picture.data, p) * at(skin.data, (p / 3) | 0);
  const sums = blurRaster(scaled, sigma);
  const weight = blurPlane(skin, sigma);
  for (let p = 0; p < sums.data.length; p++) {
    const known = at(weight.data, (p / 3) | 0);
    sums.data[p] = (at(sums.data, p) + 0.02 * (mean[p % 3] as number)) / (known + 0.02);
  }
  return sums;
};

/** Straps and necklines of the old top, as high as a new one may leave them free. */
const strapsOf = (cv: OpenCv, body: Body, cloth: Plane): Plane => {
  const { by } = body.small;
  const lowest = (body.armpit + body.head * 0.5) / by;
  const upper = mapPlane(cloth, (value, i) => (Math.floor(i / cloth.width) < lowest ? value : 0));
  const straps = makePlane(cloth.width, cloth.height);
  for (const patch of patchesOf(cv, upper)) {
    if (patch.area < (body.head / by) ** 2 * 0.06) continue;
    patch.mask().data.forEach((value, i) => {
      if (value > 0) straps.data[i] = 1;
    });
  }
  return mapPlane(blurPlane(straps, 1.4), (value) => smoothstep(0.12, 0.5, value));
};

/** Skin instead of the old top about neck and shoulders, with the old cloth's shading. Only for tops of straps. */
export const bareShoulders = (cv: OpenCv, person: Cutout, body: Body, { skin, cloth }: Clothes): Cutout => {
  const { picture, by } = body.small;
  const straps = strapsOf(cv, body, cloth);
  const found = boxOf(straps, 0.02);
  if (found === undefined) return person;
  const colors = skinColors(picture, skin, (body.head * 0.28) / by);
  const soft = blurPlane(luma(picture), Math.max(1, (body.head * 0.03) / by));
  const [r, g, b] = meanColor(picture, straps);
  const level = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  for (let p = 0; p < colors.data.length; p++) {
    const shade = clamp(at(soft.data, (p / 3) | 0) / level, 0.6, 1.1);
    colors.data[p] = clamp(at(colors.data, p) * shade);
  }
  const box = {
    left: Math.floor(found.left * by),
    top: Math.floor(found.top * by),
    right: Math.min(person.alpha.width, Math.ceil(found.right * by)),
    bottom: Math.min(person.alpha.height, Math.ceil(found.bottom * by)),
  };
  const part = { left: box.left / by, top: box.top / by, right: box.right / by, bottom: box.bottom / by };
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  const paint = resizeRaster(colors, width, height, part);
  const where = resizePlane(straps, width, height, part);
  const out = copyRaster(person.picture);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const share = at(where.data, y * width + x);
      if (share <= 0) continue;
      const to = ((y + box.top) * person.alpha.width + x + box.left) * 3;
      const from = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) out.data[to + c] = mix(at(out.data, to + c), at(paint.data, from + c), share);
    }
  }
  return { ...person, picture: out };
};
