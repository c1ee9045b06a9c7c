import { type Operation, valueAt } from '../operations/operation.ts';

/** Where an image may stand in a body: a string, or a list of strings. */
export interface ImagePlace {
  readonly path: readonly string[];
  readonly isList: boolean;
}

export const placesOf = ({ images }: Operation): ImagePlace[] =>
  images.map(({ path, max }) => ({ path, isList: max > 1 }));

export const pointerAt = ({ path, isList }: ImagePlace, index: number): string =>
  `/${path.join('/')}${isList ? `/${index}` : ''}`;

export interface PlacedImage {
  readonly pointer: string;
  readonly source: string;
  replace(source: string): void;
}

/** The images of a parsed body that is ours to change. */
export const imagesIn = (value: unknown, places: readonly ImagePlace[]): PlacedImage[] =>
  places.flatMap((place) => {
    const found = valueAt(value, place.path);
    const key = place.path.at(-1) ?? '';
    const holder = place.isList ? found : valueAt(value, place.path.slice(0, -1));
    const sources = place.isList ? (Array.isArray(found) ? found : []) : [found];
    return sources.flatMap((source, index) =>
      typeof source === 'string'
        ? {
            pointer: pointerAt(place, index),
            source,
            replace: (other: string) => {
              (holder as Record<string | number, unknown>)[place.isList ? index : key] = other;
            },
          }
        : [],
    );
  });
