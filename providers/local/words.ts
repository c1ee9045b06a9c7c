import { colorsNamed, converter, formatHex, parse } from 'culori';

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

/** Names that are more often something else in a prompt. */
const misleading = new Set(['linen', 'snow', 'wheat', 'chocolate', 'tomato', 'transparent', 'plum', 'salmon', 'olive']);

const toOklch = converter('oklch');

export const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];

const changed = (hex: string, word: string | undefined): string => {
  const modifier = word === undefined ? undefined : modifiers[word];
  if (modifier === undefined) return hex;
  const color = toOklch(hex);
  if (color === undefined) return hex;
  const room = modifier.lightness > 0 ? 1 - color.l : color.l;
  return formatHex({ ...color, l: color.l + room * modifier.lightness, c: color.c * modifier.chroma });
};

/** The colours a text names, as hex, in its order and without repeats. */
export const colorsIn = (text: string): readonly string[] => {
  const words = wordsOf(text);
  const found = words.flatMap((word, i) => {
    if (misleading.has(word)) return [];
    const known = spoken[word] ?? (word in colorsNamed ? formatHex(word) : undefined);
    return known === undefined ? [] : [changed(known, words[i - 1])];
  });
  const hexes = (text.match(/#[0-9a-f]{6}\b/gi) ?? []).map((hex) => hex.toLowerCase());
  return [...new Set([...found, ...hexes])].slice(0, 4);
};

/** A CSS colour as an opaque hex colour, or undefined when it is none. */
export const cssColor = (text: string): { readonly hex: string; readonly opaque: boolean } | undefined => {
  const color = parse(text.trim().toLowerCase());
  if (color === undefined) return undefined;
  return { hex: formatHex(color), opaque: (color.alpha ?? 1) === 1 };
};
