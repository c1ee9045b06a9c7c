import { blendHex } from './paint.ts';
import type { Mood } from './scenes-moods.ts';
import type { Scene } from './wire.ts';

const indoors = ['wall', 'room', 'brick', 'concrete', 'wood', 'table', 'cafe', 'stone', 'drapes'];
const lit = ['neon', 'stage', 'cafe'];

/** Colours that the words name. Indoors they paint the wall and tint the floor; outdoors the sky and what it lights. */
export const colored = (scene: Scene, colors: readonly string[]): Scene => {
  const [first = '#ffffff', second = first] = colors;
  const two = colors.length > 1;
  if (scene.name === 'studio') return sheet(scene, first, second);
  if (lit.includes(scene.name)) {
    const glow = scene.glow === null ? null : { ...scene.glow, color: first };
    return { ...scene, lights: colors, glow, sky: scene.sky.map((sky) => blendHex(sky, first, 0.22)) };
  }
  if (scene.name === 'marble' || scene.name === 'table') {
    // What the thing stands on is what is meant first.
    return { ...scene, sky: tinted(scene.sky, two ? second : first, 0.5), ground: tinted(scene.ground, first, 0.62) };
  }
  if (indoors.includes(scene.name))
    return { ...scene, sky: tinted(scene.sky, first, 0.82), ground: tinted(scene.ground, second, two ? 0.7 : 0.4) };
  return {
    ...scene,
    sky: scene.sky.map((sky, i) => blendHex(sky, i === 0 ? first : second, 0.6)),
    ground: tinted(scene.ground, second, 0.25),
  };
};

const tinted = (list: readonly string[], color: string, share: number): readonly string[] =>
  list.map((each) => blendHex(each, color, share));

/** A roll of paper or, with two colours, a gradient from one to the other. */
const sheet = (scene: Scene, first: string, second: string): Scene => ({
  ...scene,
  sky: [first, blendHex(first, second, 0.6)],
  ground: [blendHex(first, second, 0.75), second],
});

export const washed = (scene: Scene, mood: Mood): Scene => {
  const [top, low, floor] = mood.wash;
  // Neon, stars and a stage have their own night; leaves hide most of the sky.
  const hold = ['neon', 'space', 'stage'].includes(scene.name) ? 0 : scene.far === 'forest' ? 0.5 : 1;
  const share = mood.share * hold;
  const last = Math.max(1, scene.sky.length - 1);
  const lamps = mood.lights !== undefined && ['trees', 'city', 'town'].includes(scene.far);
  const glow = scene.glow ?? { x: 0.5, y: 0.3, size: 0.5, color: mood.glow, power: 0.4 };
  return {
    ...scene,
    sky: scene.sky.map((sky, i) => blendHex(sky, blendHex(top, low, i / last), share)),
    ground: scene.ground.map((part) => blendHex(part, floor, share * 0.5)),
    glow: hold === 0 ? scene.glow : { ...glow, y: mood.low ? scene.horizon - 0.07 : glow.y, color: mood.glow },
    lights: hold > 0 && lamps ? (mood.lights ?? []) : scene.lights,
  };
};
