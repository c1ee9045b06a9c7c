import { colored, washed } from './scene-colors.ts';
import { indoors } from './scenes-indoors.ts';
import { type Mood, moods } from './scenes-moods.ts';
import { outdoors } from './scenes-outdoors.ts';
import type { Scene } from './wire.ts';
import { coloringWords, colorsIn, wordsOf } from './words.ts';

/** What a scene says of itself; the rest is the studio's. */
export type Kind = Partial<Scene> & { readonly name: string };
/** The words that choose it, and what they choose. */
export type Table<T> = readonly (readonly [words: string, chosen: T])[];

const studio: Scene = {
  name: 'studio',
  sky: ['#dfe0e2', '#e9eaeb'],
  ground: ['#e6e7e8', '#d2d4d6'],
  horizon: 0.72,
  seam: 0.16,
  glow: null,
  far: 'none',
  wall: 'pool',
  surface: 'plain',
  gloss: 0,
  lights: [],
};

/** A sky without a place: what a time of day alone is drawn as. */
const openSky: Kind = {
  name: 'open sky',
  sky: ['#6f9fd0', '#e8e2d4'],
  ground: ['#a58a70', '#5a4a44'],
  horizon: 0.68,
  seam: 0.01,
  far: 'hills',
  wall: 'clouds',
  surface: 'sand',
};

const chosen = <T>(
  table: Table<T>,
  words: readonly string[],
): { readonly word: string; readonly value: T } | undefined => {
  for (const [list, value] of table) {
    const word = list.split(' ').find((each) => words.includes(each));
    if (word !== undefined) return { word, value };
  }
  return undefined;
};

const glossy = ['glossy', 'shiny', 'polished', 'mirror', 'reflective', 'reflection', 'lacquered'];
const rainy = ['wet', 'rain', 'rainy', 'puddle', 'puddles'];

interface ReadScene {
  readonly scene: Scene;
  /** The words that chose something: an adjustment names them. */
  readonly read: readonly string[];
}

/** `base` is a colour sent beside the words: it comes before those that they name. */
export const readScene = (text: string, base?: string): ReadScene => {
  const tinting = coloringWords(text);
  const words = wordsOf(text).filter((word) => !tinting.includes(word));
  const place = chosen([...outdoors, ...indoors], words);
  const mood = chosen<Mood>(moods, words);
  const colors = base === undefined ? colorsIn(text) : [base, ...colorsIn(text)];
  let scene: Scene = { ...studio, ...(place?.value ?? (mood?.value.outdoors ? openSky : {})) };
  if (colors.length > 0) scene = colored(scene, colors);
  if (mood !== undefined) scene = washed(scene, mood.value);
  const shine = words.find((word) => glossy.includes(word));
  if (shine !== undefined) scene = { ...scene, gloss: Math.max(scene.gloss, 0.6) };
  const rain = words.find((word) => rainy.includes(word));
  if (rain !== undefined && (scene.far === 'city' || scene.far === 'town'))
    scene = { ...scene, surface: 'wet', gloss: 0.6 };
  const named = [place?.word, mood?.word, shine, rain, ...tinting];
  return { scene, read: [...new Set(named.filter((word) => word !== undefined))] };
};
