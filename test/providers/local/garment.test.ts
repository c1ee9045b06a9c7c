import { describe, expect, it } from 'vitest';
import { cutOut } from '../../../providers/local/cutout.ts';
import { readGarment } from '../../../providers/local/garment.ts';
import { load } from '../../../providers/local/picture.ts';
import { type GarmentName, garmentPicture } from './cutout-drawings.ts';

const read = async (name: GarmentName, kind: 'auto' | 'top' = 'auto') =>
  readGarment(await cutOut(await load(await garmentPicture(name), 700, 'garments[0]'), 'garments[0]'), kind);

describe('what a garment is, by its shape', () => {
  it.each([
    ['top', 'top'],
    ['trousers', 'bottom'],
    ['skirt', 'bottom'],
    ['dress', 'dress'],
  ] as const)('takes the drawn %s for a %s', async (name, kind) => {
    expect((await read(name)).kind).toBe(kind);
  });

  it('is what the caller says', async () => {
    expect((await read('dress', 'top')).kind).toBe('top');
  });

  it('finds sleeves, legs and where they begin', async () => {
    const [top, trousers, dress] = [await read('top'), await read('trousers'), await read('dress')];
    expect([top, trousers, dress].map(({ sleeves, legs }) => [sleeves !== undefined, legs !== undefined])).toEqual([
      [true, false],
      [false, true],
      [false, false],
    ]);
    const [outer] = top.sleeves?.left ?? [];
    expect(outer?.x).toBeLessThan(top.center - top.width * 0.6);
    const share = ((trousers.legs?.crotch ?? 0) - trousers.top) / (trousers.bottom - trousers.top);
    expect(share).toBeGreaterThan(0.26);
    expect(share).toBeLessThan(0.38);
  });
});
