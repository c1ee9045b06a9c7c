import { at, type Box, boxOf, type Cutout, makePlane, makeRaster, type Plane, type Raster } from './raster.ts';
import { resizePlane, resizeRaster } from './resample.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A subject at its place on the canvas; both have the canvas' size. */
export interface Placed {
  readonly picture: Raster;
  readonly alpha: Plane;
  readonly box: Box;
  /** False where the canvas' bottom edge cuts it: then it throws no shadow on a ground. */
  readonly stands: boolean;
}

/** Which edges of its own picture a subject is cut by: it must meet the same edges again, or it looks sawn off. */
const touching = ({ box, alpha }: Cutout): Record<'left' | 'right' | 'top' | 'bottom', boolean> => {
  const near = Math.max(2, Math.round(Math.max(alpha.width, alpha.height) * 0.006));
  const { width, height } = alpha;
  // A sleeve that ends at the edge is whole; only a broad contact is a cut.
  const broad = (line: number, length: number, index: (k: number) => number): boolean => {
    let count = 0;
    for (let k = 0; k < length; k++) if (at(alpha.data, index(k)) > 0.5) count++;
    return count > line * 0.11;
  };
  const column = (x: number) => broad(box.bottom - box.top, height, (y) => y * width + x);
  const row = (y: number) => broad(box.right - box.left, width, (x) => y * width + x);
  return { left: column(near), right: column(width - 1 - near), top: row(near), bottom: row(height - 1 - near) };
};

/** Canvas pixels per pixel of the cut-out, and where its picture's origin comes to lie. */
interface Spot {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

const sameShape = (a: Size, b: Size): boolean => Math.abs(Math.log((a.width / a.height) * (b.height / b.width))) < 0.03;

interface SpotWish {
  /** Share of the canvas' height for one who stands free, and for one cut by the bottom edge. */
  readonly standing: number;
  readonly cut: number;
  /** Where the feet come, as a share of the height. */
  readonly floor: number;
  /** Moves it sideways, as a share of the width. */
  readonly shift: number;
}

export const findSpot = (cutout: Cutout, canvas: Size, wish: SpotWish): Spot => {
  const { box } = cutout;
  const edge = touching(cutout);
  const width = box.right - box.left;
  const height = box.bottom - box.top;
  const tall = edge.bottom ? wish.cut : wish.standing;
  const fit = Math.min((canvas.height * tall) / height, (canvas.width * (edge.left && edge.right ? 1 : 0.86)) / width);
  // One cut on both sides fills the width, unless that would cut the head off.
  const scale =
    edge.left && edge.right ? Math.max(fit, Math.min(canvas.width / width, (canvas.height * 0.97) / height)) : fit;
  const center = canvas.width * (0.5 + wish.shift) - ((box.left + box.right) / 2) * scale;
  const left = edge.left ? -box.left * scale : edge.right ? canvas.width - box.right * scale : center;
  const bottom = edge.bottom ? canvas.height : canvas.height * wish.floor;
  const top = edge.top && !edge.bottom ? -box.top * scale : bottom - box.bottom * scale;
  return { scale, left, top };
};

/** A subject that fills its frame well and is cut by its bottom keeps its place in a canvas of the same shape. */
export const keepSpot = (cutout: Cutout, canvas: Size): Spot | undefined => {
  const edge = touching(cutout);
  const held = edge.bottom || edge.left || edge.right || edge.top;
  if (!held || !sameShape(cutout.alpha, canvas)) return undefined;
  return { scale: canvas.width / cutout.alpha.width, left: 0, top: 0 };
};

export const putAt = (cutout: Cutout, canvas: Size, spot: Spot): Placed => {
  const { box } = cutout;
  const left = Math.round(spot.left + box.left * spot.scale);
  const top = Math.round(spot.top + box.top * spot.scale);
  const width = Math.max(1, Math.round((box.right - box.left) * spot.scale));
  const height = Math.max(1, Math.round((box.bottom - box.top) * spot.scale));
  const picture = resizeRaster(cutout.picture, width, height, box);
  const alpha = resizePlane(cutout.alpha, width, height, box);
  const placed = { picture: makeRaster(canvas.width, canvas.height), alpha: makePlane(canvas.width, canvas.height) };
  for (let y = Math.max(0, -top); y < height && y + top < canvas.height; y++) {
    for (let x = Math.max(0, -left); x < width && x + left < canvas.width; x++) {
      const from = y * width + x;
      const to = (y + top) * canvas.width + x + left;
      placed.alpha.data[to] = at(alpha.data, from);
      for (let c = 0; c < 3; c++) placed.picture.data[to * 3 + c] = at(picture.data, from * 3 + c);
    }
  }
  const whole = boxOf(placed.alpha, 0.3) ?? { left: 0, top: 0, right: canvas.width, bottom: canvas.height };
  return { ...placed, box: whole, stands: whole.bottom < canvas.height * 0.995 };
};

/** Width and height of the result. */
export const canvasOf = (ratio: Size | null, followed: Size, side: number | null): Size => {
  const shape = ratio ?? followed;
  const longest = side ?? Math.min(1536, Math.max(followed.width, followed.height));
  const scale = longest / Math.max(shape.width, shape.height);
  return { width: Math.max(1, Math.round(shape.width * scale)), height: Math.max(1, Math.round(shape.height * scale)) };
};
