import sharp from 'sharp';
import { draw, endDrawing, type Request } from '../scripts/local/draw.ts';
import { garment } from '../scripts/samples/garment.ts';
import { person } from '../scripts/samples/person.ts';
import { place } from '../scripts/samples/place.ts';
import { type Benchmark, type Figure, median } from './support/figure.ts';

const sides = [512, 1024, 2048] as const;
const rounds = 3;
const target = { atMost: 3 } as const;

const requests: readonly Request[] = [
  { operation: 'background', fields: { image: 'asset_person', background: { prompt: 'a beach at sunset' } } },
  { operation: 'relight', fields: { image: 'asset_person', light: { direction: 'left', strength: 0.8 } } },
  {
    operation: 'compose',
    fields: { person: 'asset_person', garments: ['asset_garment'], place: 'asset_place' },
  },
];

/** The drawn samples, as large as a caller who wants `side` would send them. */
const picturesAt = async (side: number): Promise<ReadonlyMap<string, Uint8Array>> => {
  const entries = Object.entries({ person, garment, place }).map(async ([name, svg]) => {
    const picture = sharp(Buffer.from(svg)).resize(side, side, { fit: 'inside' });
    return [name, await picture.jpeg({ quality: 92 }).toBuffer()] as const;
  });
  return new Map(await Promise.all(entries));
};

/** Seconds of each of `atOnce` jobs, a few times over. */
const time = async (
  request: Request,
  pictures: ReadonlyMap<string, Uint8Array>,
  atOnce: number,
): Promise<readonly number[]> => {
  const took: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const drawn = await Promise.all(Array.from({ length: atOnce }, () => draw(request, pictures)));
    took.push(...drawn.map(({ seconds }) => seconds));
  }
  return took;
};

/** How long the `local` provider takes for a picture, by the longest side of the result. */
export const localSpeed: Benchmark = {
  name: 'local-speed',
  run: async () => {
    const figures: Figure[] = [];
    try {
      for (const side of sides) {
        const pictures = await picturesAt(side);
        for (const request of requests) {
          const sized = { ...request, options: { max_side: side } };
          // Threads and OpenCV load with the first two.
          if (figures.length === 0) await time(sized, pictures, 2);
          for (const atOnce of [1, 2]) {
            const name = `${request.operation} ${side} px, ${atOnce === 1 ? 'one' : 'two at once'}`;
            const value = median(await time(sized, pictures, atOnce));
            figures.push({ name, value, unit: 's', ...(side === 1024 ? { target } : {}) });
          }
        }
      }
    } finally {
      await endDrawing();
    }
    return figures;
  },
};
