import { colorsNamed, converter, formatHex, parse } from 'culori';
import { blendHex } from './paint.ts';

/** Colours people say that CSS does not know. */
const spoken: Readonly<Record<string, string>> = {
  amber: '#ffbf00',
  apricot: '#fbceb1',
  blush: '#f2c6c0',
  bronze: '#b08d57',
  burgundy: '#800020',
  champagne: '#f1ddc0',
  charcoal: '#36454f',
  cobalt: '#0047ab',
  copper: '#b87333',
  cream: '#f6efdc',
  emerald: '#2f9e6b',
  golden: '#f2b84b',
  jade: '#3fa37c',
  lilac: '#c8a2c8',
  mauve: '#b784a7',
  mint: '#b5e3cf',
  mustard: '#d9a521',
  ochre: '#cc8f33',
  peach: '#ffcfa8',
  petrol: '#005f6a',
  purple: '#7a3fb0',
  rose: '#e8909c',
  ruby: '#a3123f',
  rust: '#b7410e',
  sage: '#a9b8a0',
  sand: '#dcc9a6',
  sapphire: '#1f4fa8',
  scarlet: '#d4281c',
  taupe: '#8b7d6f',
  terracotta: '#c9704f',
  ultramarine: '#2a3fc0',
  vermilion: '#e34a2f',
  pink: '#f29ac0',
  green: '#3f9a4f',
  blue: '#2f6fd0',
  gray: '#a4a6a9',
  grey: '#a4a6a9',
  orange: '#f08a30',
};

/** Words that change the colour word after them: shares of lightness and chroma. */
const modifiers: Readonly<Record<string, { readonly lightness: number; readonly chroma: number }>> = {
  light: { lightness: 0.45, chroma: 0.75 },
  pale: { lightness: 0.6, chroma: 0.5 },
  pastel: { lightness: 0.55, chroma: 0.6 },
  soft: { lightness: 0.35, chroma: 0.7 },
  bright: { lightness: 0.2, chroma: 1.2 },
  dark: { lightness: -0.45, chroma: 0.85 },
  deep: { lightness: -0.35, chroma: 1.05 },
  muted: { lightness: 0, chroma: 0.5 },
  dusty: { lightness: 0.15, chroma: 0.5 },
  vivid: { lightness: 0, chroma: 1.3 },
  neon: { lightness: 0.1, chroma: 1.5 },
};

/** Names that are more often a thing in a prompt: a colour only before a colour or what can be painted. */
const things = new Set(
  'chocolate coral gold ivory lavender linen olive plum rose salmon sand seashell snow tomato transparent wheat'.split(
    ' ',
  ),
);
const painted = new Set(
  'wall walls backdrop background gradient studio room paper fabric silk velvet light ground floor tint tone'.split(
    ' ',
  ),
);

const toOklch = converter('oklch');

export const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/#[0-9a-f]{6}\b|[a-z]+/g) ?? [];

const changed = (hex: string, word: string | undefined): string => {
  const modifier = word === undefined ? undefined : modifiers[word];
  if (modifier === undefined) return hex;
  const color = toOklch(hex);
  if (color === undefined) return hex;
  const room = modifier.lightness > 0 ? 1 - color.l : color.l;
  return formatHex({ ...color, l: color.l + room * modifier.lightness, c: color.c * modifier.chroma });
};

const hexOf = (word: string): string | undefined => {
  if (/^#[0-9a-f]{6}$/.test(word)) return word;
  return spoken[word] ?? (Object.hasOwn(colorsNamed, word) ? formatHex(word) : undefined);
};

interface ColorTerm {
  readonly hex: string;
  readonly words: readonly string[];
}

/** The colour that starts at word `i`, if one does: “sky blue”, “sage green”, “#d8b4a0”. */
const termAt = (words: readonly string[], i: number, text: string): ColorTerm | undefined => {
  const [word = '', following = ''] = [words[i], words[i + 1]];
  const next = following !== '' && text.includes(`${word} ${following}`) ? following : '';
  const joined = next === '' ? undefined : hexOf(word + next);
  if (joined !== undefined) return { hex: joined, words: [word, next] };
  const hex = hexOf(word);
  if (hex === undefined || (word === 'golden' && next === 'hour')) return undefined;
  const second = hexOf(next);
  if (things.has(word) && !painted.has(next) && second === undefined) return undefined;
  return second === undefined ? { hex, words: [word] } : { hex: blendHex(hex, second, 0.3), words: [word, next] };
};

const colorTerms = (text: string): readonly ColorTerm[] => {
  const words = wordsOf(text);
  const lower = text.toLowerCase().replaceAll(/\s+/g, ' ');
  const terms: ColorTerm[] = [];
  for (let i = 0; i < words.length; i++) {
    const term = termAt(words, i, lower);
    if (term === undefined) continue;
    const before = words[i - 1];
    const modified = before !== undefined && Object.hasOwn(modifiers, before);
    terms.push(modified ? { hex: changed(term.hex, before), words: [before, ...term.words] } : term);
    i += term.words.length - 1;
  }
  return terms.slice(0, 4);
};

/** The colours a text names, as hex, in its order and without repeats. */
export const colorsIn = (text: string): readonly string[] => [...new Set(colorTerms(text).map(({ hex }) => hex))];

/** The words that name them, as they were written. */
export const coloringWords = (text: string): readonly string[] => colorTerms(text).flatMap(({ words }) => words);

const small = new Set(
  `a an and are as at be behind before beneath below by for from her his in into is it its like near no of off on one or
  our over s so some standing that the their there this to toward under up very with without hour light lights lighting lit background backdrop scene photo picture image`.split(
    /\s+/,
  ),
);

/** Words that say something, but chose nothing. */
export const unreadWords = (text: string, read: readonly string[]): readonly string[] => {
  const known = new Set(read);
  return [...new Set(wordsOf(text))].filter((word) => word.length > 1 && !small.has(word) && !known.has(word));
};

/** A CSS colour as an opaque hex colour, or undefined when it is none. */
export const cssColor = (text: string): { readonly hex: string; readonly opaque: boolean } | undefined => {
  const color = parse(text.trim().toLowerCase());
  if (color === undefined) return undefined;
  return { hex: formatHex(color), opaque: (color.alpha ?? 1) === 1 };
};
