import { drawSamples } from '../draw-samples.ts';
import { type Arguments, type Picture, readPicture } from './arguments.ts';
import type { Pictures } from './requests.ts';
import type { ResultsFolder } from './results-folder.ts';

const samplesFolder = 'samples';

const isComplete = ({ person, garments, place }: Arguments): boolean =>
  person !== undefined && garments.length > 0 && place !== undefined;

/** What will be drawn: all, if anything is missing. */
export const sampleNames = (given: Arguments): readonly string[] =>
  isComplete(given) ? [] : ['person', 'garment', 'place', 'product'].map((name) => `${samplesFolder}/${name}.png`);

/** The user's pictures, and drawn ones where there is none. */
export const gatherPictures = async (given: Arguments, folder: ResultsFolder): Promise<Pictures> => {
  const { person, garments, place } = given;
  const drawn = isComplete(given) ? undefined : await drawSamples(folder.path(samplesFolder));
  const sample = async (own: Picture | undefined, name: keyof NonNullable<typeof drawn>): Promise<Picture> => {
    if (own) return own;
    if (!drawn) throw new Error(`no ${name} was drawn`);
    return readPicture('sample', drawn[name]);
  };
  return {
    person: await sample(person, 'person'),
    garments: garments.length > 0 ? garments : [await sample(undefined, 'garment')],
    place: await sample(place, 'place'),
    image: await sample(given.image ?? person, 'product'),
  };
};
