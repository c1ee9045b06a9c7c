import { at, type Box, boxOf, type Cutout, clamp, makePlane, makeRaster, type Plane, type Raster } from './raster.ts';
import { resizePlane, resizeRaster } from './resample.ts';
import { floorOf } from './surface.ts';
import type { BackdropWire } from './wire.ts';

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

export interface SpotWish {
  /** Share of the canvas' height for one who stands free, and for one cut by the bottom edge. */
  readonly standing: number;
  readonly cut: number;
  /** Where the feet come, as a share of the height. */
  readonly floor: number;
  /** Share of the canvas' width at most; 0.86 unless told. */
  readonly across?: number;
  /** Moves it sideways, as a share of the width. */
  readonly shift: number;
}

/** Taller than this, one who stands free is taken for a person. */
const tall = 2.1;

/**
 * Where the feet come: on the surface that a photo shows, or well inside the ground that was drawn. Persons stand on
 * the floor, which is lower than any tabletop.
 */
const floorFor = (backdrop: BackdropWire, ground: Raster, person: boolean): number => {
  if (backdrop.kind === 'scene') {
    const { horizon } = backdrop.scene;
    return clamp(horizon + (1 - horizon) * 0.62, 0.84, 0.95);
  }
  if (backdrop.kind !== 'image') return 0.88;
  return person ? 0.955 : (floorOf(ground) ?? 0.88);
};

/** A believable size and place: persons at about two thirds of the frame's height, things on its lower third. */
export const wishFor = (cutout: Cutout, backdrop: BackdropWire, ground: Raster, shift: number): SpotWish => {
  const { box } = cutout;
  const person = (box.bottom - box.top) / (box.right - box.left) > tall;
  const floor = floorFor(backdrop, ground, person);
  if (person) return { standing: 0.72, cut: 0.88, floor, shift };
  const plain = backdrop.kind === 'color' || (backdrop.kind === 'scene' && backdrop.scene.name === 'studio');
  return { standing: Math.min(plain ? 0.68 : 0.6, floor - 0.1), cut: 0.88, floor, across: plain ? 0.74 : 0.64, shift };
};

export const findSpot = (cutout: Cutout, canvas: Size, wish: SpotWish): Spot => {
  const { box } = cutout;
  const edge = touching(cutout);
  const width = box.right - box.left;
  const height = box.bottom - box.top;
  const tall = edge.bottom ? wish.cut : wish.standing;
  const fit = Math.min(
    (canvas.height * tall) / height,
    (canvas.width * (edge.left && edge.right ? 1 : (wish.across ?? 0.86))) / width,
  );
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
