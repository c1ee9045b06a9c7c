import { colorsIn, wordsOf } from './words.ts';

/** What a drawn backdrop consists of; every value is chosen from words, so a dry run can show it. */
interface Scene {
  readonly name: string;
  /** Hex colours from the top of the picture to its horizon. */
  readonly sky: readonly string[];
  /** Hex colours from the horizon to the bottom. */
  readonly ground: readonly string[];
  /** Share of the height where the ground begins. */
  readonly horizon: number;
  /** A glow: where it is (shares of width and height), its size (share of the height) and colour. */
  readonly glow: { readonly x: number; readonly y: number; readonly size: number; readonly color: string } | null;
  readonly far: 'none' | 'hills' | 'trees' | 'city' | 'waves';
  readonly surface: 'plain' | 'plaster' | 'marble' | 'planks' | 'grass' | 'sand' | 'water' | 'wet';
  readonly wall: 'plain' | 'plaster' | 'marble' | 'planks' | 'clouds' | 'stars' | 'brick';
  /** Out-of-focus lights, in these colours. */
  readonly lights: readonly string[];
}

const studio: Scene = {
  name: 'studio',
  sky: ['#c9cbce', '#e3e4e6'],
  ground: ['#d6d7d9', '#b4b6b9'],
  horizon: 0.74,
  glow: { x: 0.5, y: 0.42, size: 0.6, color: '#ffffff' },
  far: 'none',
  surface: 'plain',
  wall: 'plain',
  lights: [],
};

const scenes: readonly (readonly [words: string, scene: Partial<Scene> & { readonly name: string }])[] = [
  [
    'beach seaside coast shore',
    {
      name: 'beach',
      sky: ['#5aa9e0', '#bfe3f2'],
      ground: ['#2f93b5', '#58b8c4', '#e6d3a8', '#d3b98a'],
      horizon: 0.52,
      glow: { x: 0.7, y: 0.2, size: 0.5, color: '#fff6dd' },
      far: 'waves',
      surface: 'sand',
      wall: 'clouds',
    },
  ],
  [
    'sea ocean lake',
    {
      name: 'sea',
      sky: ['#4f9bd6', '#cfe8f3'],
      ground: ['#3a86a8', '#1d5676'],
      horizon: 0.55,
      glow: { x: 0.6, y: 0.3, size: 0.5, color: '#fff8e6' },
      far: 'none',
      surface: 'water',
      wall: 'clouds',
    },
  ],
  [
    'forest woods jungle trees tree',
    {
      name: 'forest',
      sky: ['#8fb07a', '#d5e2b4'],
      ground: ['#5f7a3c', '#33451f'],
      horizon: 0.66,
      glow: { x: 0.62, y: 0.25, size: 0.55, color: '#fbf6c9' },
      far: 'trees',
      surface: 'grass',
      wall: 'plain',
      lights: ['#e9f2b0', '#b9d27a'],
    },
  ],
  [
    'park garden meadow lawn grass spring',
    {
      name: 'park',
      sky: ['#7fbbe6', '#dceff5'],
      ground: ['#86ad52', '#4f7a30'],
      horizon: 0.6,
      glow: { x: 0.3, y: 0.2, size: 0.5, color: '#fffbe0' },
      far: 'trees',
      surface: 'grass',
      wall: 'clouds',
      lights: ['#f4f6c6'],
    },
  ],
  [
    'mountain mountains alps hills hill',
    {
      name: 'mountains',
      sky: ['#5f9bd1', '#dfeaf2'],
      ground: ['#7d9464', '#4d5f3c'],
      horizon: 0.62,
      glow: { x: 0.65, y: 0.25, size: 0.5, color: '#fff5dc' },
      far: 'hills',
      surface: 'grass',
      wall: 'clouds',
    },
  ],
  [
    'desert dune dunes sahara',
    {
      name: 'desert',
      sky: ['#79b4dc', '#f4dfbd'],
      ground: ['#e0b277', '#b97f46'],
      horizon: 0.58,
      glow: { x: 0.7, y: 0.3, size: 0.5, color: '#fff0c9' },
      far: 'hills',
      surface: 'sand',
    },
  ],
  [
    'snow winter ice arctic',
    {
      name: 'snow',
      sky: ['#a8c4dc', '#e9f0f5'],
      ground: ['#eef3f7', '#c9d7e4'],
      horizon: 0.62,
      glow: { x: 0.4, y: 0.3, size: 0.5, color: '#ffffff' },
      far: 'hills',
      surface: 'sand',
      wall: 'clouds',
    },
  ],
  [
    'neon cyberpunk club disco nightclub',
    {
      name: 'neon',
      sky: ['#12082a', '#3a1266'],
      ground: ['#2a0d4a', '#07040f'],
      horizon: 0.68,
      glow: { x: 0.25, y: 0.35, size: 0.6, color: '#ff2fa0' },
      far: 'city',
      surface: 'wet',
      lights: ['#ff3fb0', '#2fd8ff', '#8f5bff'],
    },
  ],
  [
    'city street downtown skyline urban alley',
    {
      name: 'city',
      sky: ['#9db4c8', '#dfe5e8'],
      ground: ['#8b8d90', '#55575b'],
      horizon: 0.66,
      glow: { x: 0.6, y: 0.35, size: 0.5, color: '#fff3df' },
      far: 'city',
      surface: 'plaster',
      lights: ['#ffe2b0'],
    },
  ],
  [
    'stage concert theater theatre spotlight',
    {
      name: 'stage',
      sky: ['#0b0a10', '#1f1a2c'],
      ground: ['#3a2c26', '#120d0b'],
      horizon: 0.76,
      glow: { x: 0.5, y: 0.3, size: 0.55, color: '#ffe9c4' },
      surface: 'planks',
      lights: ['#ffdca0', '#a0c4ff'],
    },
  ],
  [
    'space galaxy cosmos stars starry',
    {
      name: 'space',
      sky: ['#05060f', '#1b1440'],
      ground: ['#1b1440', '#07060f'],
      horizon: 0.95,
      glow: { x: 0.3, y: 0.4, size: 0.6, color: '#6a3fb0' },
      wall: 'stars',
    },
  ],
  [
    'sky clouds cloud heaven air',
    {
      name: 'sky',
      sky: ['#3f8fd8', '#cfe6f5'],
      ground: ['#cfe6f5', '#e8f3fa'],
      horizon: 0.92,
      glow: { x: 0.6, y: 0.3, size: 0.5, color: '#ffffff' },
      wall: 'clouds',
    },
  ],
  [
    'marble',
    {
      name: 'marble',
      sky: ['#e9e7e4', '#f5f4f2'],
      ground: ['#f0eeeb', '#d9d6d2'],
      horizon: 0.7,
      surface: 'marble',
      wall: 'plain',
    },
  ],
  [
    'wood wooden oak table desk planks floorboards parquet',
    {
      name: 'wood',
      sky: ['#d9cdbd', '#efe7db'],
      ground: ['#c08a55', '#8f5f36'],
      horizon: 0.72,
      surface: 'planks',
      wall: 'plaster',
    },
  ],
  [
    'brick bricks loft',
    {
      name: 'brick',
      sky: ['#9c5540', '#b56a50'],
      ground: ['#a08c7c', '#6d5d51'],
      horizon: 0.8,
      surface: 'planks',
      wall: 'brick',
    },
  ],
  [
    'concrete cement industrial warehouse',
    {
      name: 'concrete',
      sky: ['#a9a9a6', '#c2c2bf'],
      ground: ['#9c9c99', '#747471'],
      horizon: 0.76,
      surface: 'plaster',
      wall: 'plaster',
    },
  ],
  [
    'room interior home bedroom kitchen living apartment hotel cafe restaurant bar office library',
    {
      name: 'room',
      sky: ['#e6dccd', '#f1e9dd'],
      ground: ['#b98f63', '#8b6643'],
      horizon: 0.76,
      glow: { x: 0.2, y: 0.35, size: 0.6, color: '#fff4dc' },
      surface: 'planks',
      wall: 'plaster',
    },
  ],
  [
    'wall plaster stucco plastered',
    {
      name: 'wall',
      sky: ['#e5dccf', '#efe8dd'],
      ground: ['#d8cdbd', '#b8aa98'],
      horizon: 0.8,
      surface: 'plaster',
      wall: 'plaster',
    },
  ],
  ['silk velvet fabric cloth satin backdrop gradient studio seamless', { name: 'studio' }],
];

/** What the time of day or the mood does to any scene: colours washed over it, and its glow. */
const moods: readonly (readonly [
  words: string,
  mood: {
    readonly wash: readonly string[];
    readonly share: number;
    readonly glow: string;
    readonly low: boolean;
    readonly lights?: readonly string[];
  },
])[] = [
  ['sunset sundown dusk evening', { wash: ['#3b3f78', '#e8734a', '#ffc27a'], share: 0.62, glow: '#ffd08a', low: true }],
  ['sunrise dawn morning', { wash: ['#7fa6d8', '#f6c7a6', '#ffe6bf'], share: 0.5, glow: '#ffe8c0', low: true }],
  ['golden', { wash: ['#d8a25a', '#ffcf86', '#ffe0a8'], share: 0.45, glow: '#ffdf9a', low: true }],
  [
    'night midnight moonlight moonlit nighttime',
    {
      wash: ['#070b1f', '#16224a', '#0d1430'],
      share: 0.8,
      glow: '#9fb8ff',
      low: false,
      lights: ['#ffd58a', '#ffb45a', '#9fc8ff'],
    },
  ],
  ['autumn fall', { wash: ['#e0b070', '#d98a3c', '#b0642a'], share: 0.45, glow: '#ffe0a8', low: false }],
  ['fog foggy mist misty haze', { wash: ['#cfd6da', '#dde2e4', '#cdd3d6'], share: 0.55, glow: '#ffffff', low: false }],
  ['dark moody dramatic noir', { wash: ['#15161b', '#23242b', '#101115'], share: 0.65, glow: '#8a8f9c', low: false }],
];

const has = (words: readonly string[], list: string): boolean => list.split(' ').some((word) => words.includes(word));

/** The words of a text that chose something: an adjustment names them. */
export const readScene = (text: string, base?: string): { readonly scene: Scene; readonly read: readonly string[] } => {
  const words = wordsOf(text);
  const found = scenes.find(([list]) => has(words, list));
  const mood = moods.find(([list]) => has(words, list));
  const colors = base === undefined ? colorsIn(text) : [base, ...colorsIn(text)];
  const outdoorMood = found === undefined && mood?.[1].low === true && !has(words, 'studio wall room');
  const kind: Partial<Scene> & { readonly name: string } =
    found?.[1] ??
    (outdoorMood
      ? { name: 'sunset', horizon: 0.66, far: 'hills', surface: 'sand', wall: 'clouds', ground: ['#a07058', '#4f3a3c'] }
      : { name: 'studio' });
  let scene: Scene = { ...studio, ...kind };
  if (colors.length > 0) scene = colored(scene, colors);
  if (mood !== undefined) scene = washed(scene, mood[1]);
  const named = [found?.[1].name, mood?.[0].split(' ').find((word) => words.includes(word)), ...colors];
  return { scene, read: named.filter((name) => name !== undefined) };
};

const blend = (from: string, to: string, share: number): string => {
  const parts = [1, 3, 5].map((i) => {
    const a = Number.parseInt(from.slice(i, i + 2), 16);
    const b = Number.parseInt(to.slice(i, i + 2), 16);
    return Math.round(a + (b - a) * share)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${parts.join('')}`;
};

/** Indoors a named colour paints the wall and tints the floor; outdoors it tints the sky and the lights. */
const colored = (scene: Scene, colors: readonly string[]): Scene => {
  const [first = '#ffffff', second = first] = colors;
  if (scene.name === 'studio') {
    return {
      ...scene,
      sky: [blend(first, '#000000', 0.12), first],
      ground: [blend(second, '#ffffff', 0.06), blend(second, '#000000', 0.25)],
      glow: { x: 0.5, y: 0.42, size: 0.6, color: blend(first, '#ffffff', 0.45) },
    };
  }
  if (scene.name === 'neon' || scene.name === 'stage') {
    return { ...scene, lights: colors, glow: scene.glow === null ? null : { ...scene.glow, color: first } };
  }
  const indoor = ['wall', 'room', 'brick', 'concrete', 'wood'].includes(scene.name);
  if (scene.name === 'marble')
    return {
      ...scene,
      sky: scene.sky.map((sky) => blend(sky, first, 0.35)),
      ground: scene.ground.map((part) => blend(part, first, 0.6)),
    };
  return {
    ...scene,
    sky: scene.sky.map((sky, i) => blend(sky, indoor ? first : i === 0 ? first : second, indoor ? 0.8 : 0.5)),
    ground: scene.ground.map((part) => blend(part, second, indoor ? (colors.length > 1 ? 0.6 : 0.25) : 0.15)),
  };
};

type Mood = (typeof moods)[number][1];

const washed = (scene: Scene, mood: Mood): Scene => {
  const [top = '#888888', low = top, floor = low] = mood.wash;
  return {
    ...scene,
    sky: scene.sky.map((sky, i) => blend(sky, i === 0 ? top : low, mood.share)),
    ground: scene.ground.map((part) => blend(part, floor, mood.share * 0.55)),
    glow: {
      x: scene.glow?.x ?? 0.5,
      y: mood.low ? scene.horizon - 0.06 : (scene.glow?.y ?? 0.3),
      size: scene.glow?.size ?? 0.5,
      color: mood.glow,
    },
    lights:
      mood.lights !== undefined && ['city', 'sea', 'park', 'room', 'beach'].includes(scene.name)
        ? mood.lights
        : scene.lights,
  };
};
