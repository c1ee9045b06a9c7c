import { coloringWords, colorsIn, wordsOf } from './words.ts';

type Direction = 'none' | 'above' | 'below' | 'left' | 'right';

/** What words say about a light. */
interface ReadLight {
  /** Hex; the first is the main light, the second shines from the other side. */
  readonly colors: readonly string[];
  readonly direction: Direction | undefined;
  /** 0 soft and even, 1 hard with deep shadows. */
  readonly contrast: number;
  /** The words that said so, as they were written. */
  readonly read: readonly string[];
}

const tones: readonly (readonly [words: string, colors: readonly string[], contrast: number])[] = [
  ['neon cyberpunk disco club', ['#ff4fb4', '#36c8ff'], 0.75],
  ['sunset sundown dusk', ['#ff9350', '#7f86d8'], 0.6],
  ['golden', ['#ffbe68'], 0.55],
  ['sunrise dawn', ['#ffd0a0', '#a8c0f0'], 0.45],
  ['candle candlelight candlelit fire fireplace firelight campfire', ['#ff8f3a'], 0.75],
  ['moon moonlight moonlit night midnight', ['#8fb0ff'], 0.75],
  ['sun sunny sunlight sunshine daylight noon', ['#fff0d2'], 0.65],
  ['tungsten lamp bulb warm cozy cosy', ['#ffc890'], 0.5],
  ['cold cool icy winter overcast', ['#bcd6ff'], 0.4],
  ['forest', ['#dff0b0'], 0.45],
  ['underwater sea ocean', ['#58c8e8'], 0.45],
  ['studio softbox white neutral', ['#ffffff'], 0.4],
];

const hardness: readonly (readonly [words: string, contrast: number])[] = [
  ['dramatic hard harsh noir moody contrast rembrandt spotlight spot', 0.9],
  ['soft diffuse diffused gentle even flat overcast cloudy', 0.25],
];

const sides: readonly (readonly [words: string, direction: Direction])[] = [
  ['left', 'left'],
  ['right', 'right'],
  ['above top overhead ceiling noon', 'above'],
  ['below beneath underneath underlight campfire', 'below'],
];

const first = (words: readonly string[], list: string): string | undefined =>
  list.split(' ').find((word) => words.includes(word));

export const readLight = (text: string): ReadLight => {
  const words = wordsOf(text);
  const tone = tones.find(([list]) => first(words, list) !== undefined);
  const hard = hardness.find(([list]) => first(words, list) !== undefined);
  const side = sides.find(([list]) => first(words, list) !== undefined);
  const named = colorsIn(text);
  const read = [tone, hard, side].flatMap((row) => (row === undefined ? [] : [first(words, row[0]) ?? '']));
  return {
    colors: (named.length > 0 ? named : (tone?.[1] ?? [])).slice(0, 2),
    direction: side?.[1],
    contrast: hard?.[1] ?? tone?.[2] ?? 0.5,
    read: [...new Set([...read, ...coloringWords(text)])],
  };
};
