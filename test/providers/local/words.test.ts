import { describe, expect, it } from 'vitest';
import { readLight } from '../../../providers/local/lights.ts';
import { readScene } from '../../../providers/local/scenes.ts';
import { coloringWords, colorsIn, cssColor, unreadWords } from '../../../providers/local/words.ts';

const channels = (hex: string): readonly [number, number, number] => [
  Number.parseInt(hex.slice(1, 3), 16),
  Number.parseInt(hex.slice(3, 5), 16),
  Number.parseInt(hex.slice(5, 7), 16),
];
const level = (hex: string): number => channels(hex).reduce((sum, value) => sum + value, 0) / 3;

describe('colours in words', () => {
  it.each([
    ['a terracotta wall', ['terracotta']],
    ['sky blue studio', ['sky', 'blue']],
    ['a sage green backdrop', ['sage', 'green']],
    ['dark blue paper', ['dark', 'blue']],
    ['from red, to teal', ['red', 'teal']],
    ['on #d8b4a0 please', ['#d8b4a0']],
    ['an olive wall', ['olive']],
    ['an olive tree', []],
    ['golden hour in the snow', []],
  ])('%s: %j', (text, words) => {
    expect(coloringWords(text)).toEqual(words);
  });

  it('takes two colours apart only where a comma does', () => {
    expect(colorsIn('red, blue')).toHaveLength(2);
    expect(colorsIn('sage green')).toHaveLength(1);
  });

  it('darkens and lightens by the word before', () => {
    const [plain = '', dark = '', pale = ''] = ['blue', 'dark blue', 'pale blue'].map((text) => colorsIn(text)[0]);
    expect(level(dark)).toBeLessThan(level(plain) - 30);
    expect(level(pale)).toBeGreaterThan(level(plain) + 30);
  });

  it('knows the CSS notations', () => {
    expect(cssColor('hsl(0 100% 50%)')).toEqual({ hex: '#ff0000', opaque: true });
    expect(cssColor('rgb(0 0 0 / 50%)')).toEqual({ hex: '#000000', opaque: false });
    expect(cssColor('bleu')).toBeUndefined();
  });
});

describe('places and lights in words', () => {
  it.each([
    ['a quiet beach at sunset', 'beach', ['beach', 'sunset']],
    ['neon city at night', 'neon', ['neon', 'night']],
    ['a wooden table by the window', 'table', ['table']],
    ['sky blue wall', 'wall', ['wall', 'sky', 'blue']],
    ['golden hour', 'open sky', ['golden']],
    ['xyzzy', 'studio', []],
  ])('%s is drawn as %s', (text, name, read) => {
    const drawn = readScene(text);
    expect(drawn.scene.name).toBe(name);
    expect(drawn.read).toEqual(read);
  });

  it('names the words without effect, and no filler', () => {
    const text = 'The dog in front of a beach at sunset, with an umbrella';
    expect(unreadWords(text, readScene(text).read)).toEqual(['dog', 'front', 'umbrella']);
  });

  it('reads side, hardness and colours of a light', () => {
    expect(readLight('hard pink light from the left')).toMatchObject({
      direction: 'left',
      contrast: 0.9,
      colors: [expect.stringMatching(/^#/)],
      read: ['hard', 'left', 'pink'],
    });
    expect(readLight('xyzzy').read).toEqual([]);
  });
});
