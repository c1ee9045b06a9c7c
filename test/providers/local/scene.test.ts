import { describe, expect, it } from 'vitest';
import { meanColor, type Raster } from '../../../providers/local/raster.ts';
import { drawScene } from '../../../providers/local/scene.ts';
import { readScene } from '../../../providers/local/scenes.ts';
import { indoors } from '../../../providers/local/scenes-indoors.ts';
import { moods } from '../../../providers/local/scenes-moods.ts';
import { outdoors } from '../../../providers/local/scenes-outdoors.ts';

const side = 160;
const draw = (text: string, seed = 0): Raster => drawScene(readScene(text).scene, side, side, seed);

/** Mean of rows, given in shares of the height, 0 to 255. */
const rows = (picture: Raster, from: number, to: number): readonly number[] => {
  const data = picture.data.subarray(Math.floor(from * side) * side * 3, Math.floor(to * side) * side * 3);
  return meanColor({ width: side, height: data.length / side / 3, data }).map((value) => value * 255);
};
const level = (color: readonly number[]): number => color.reduce((sum, value) => sum + value, 0) / 3;
const apart = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((v, i) => v - (b[i] ?? 0)));

const places = [...outdoors, ...indoors].map(([words]) => words.split(' ')[0] ?? '');
const times = moods.map(([words]) => words.split(' ')[0] ?? '');

describe.each(places.map((place, i) => [place, times[i % times.length] ?? ''] as const))(
  'a scene of %s',
  (place, time) => {
    it(`is a whole picture by day and at ${time}`, () => {
      for (const text of [place, `${place} ${time}`]) {
        const { data } = drawScene(readScene(text).scene, 96, 96, 0);
        expect(data.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect(Math.max(...data) - Math.min(...data)).toBeGreaterThan(0.02);
      }
    });
  },
);

describe('scenes', () => {
  it.each([
    ['terracotta studio', [201, 112, 79]],
    ['#20a060 studio', [32, 160, 96]],
    ['a sky blue backdrop', [135, 206, 235]],
    ['white seamless paper', [255, 255, 255]],
  ])('%s has the named colour behind the subject', (text, color) => {
    expect(apart(rows(draw(text), 0.35, 0.55), color)).toBeLessThan(26);
  });

  it('runs from the first of two colours to the second', () => {
    const picture = draw('gradient from red, to blue');
    const [top, bottom] = [rows(picture, 0, 0.2), rows(picture, 0.85, 1)];
    expect((top[0] ?? 0) - (top[2] ?? 0)).toBeGreaterThan(100);
    expect((bottom[2] ?? 0) - (bottom[0] ?? 0)).toBeGreaterThan(100);
  });

  it('paints a wall and its floor in colours of their own', () => {
    const picture = draw('a blue wall, red floor');
    const [wall, floor] = [rows(picture, 0.2, 0.5), rows(picture, 0.9, 1)];
    expect((wall[2] ?? 0) - (wall[0] ?? 0)).toBeGreaterThan(50);
    expect((floor[0] ?? 0) - (floor[2] ?? 0)).toBeGreaterThan(50);
  });

  it.each(['beach', 'park', 'mountains', 'skyline', 'room', 'studio'])('%s is darker at night', (place) => {
    expect(level(rows(draw(`${place} at night`), 0, 1))).toBeLessThan(level(rows(draw(place), 0, 1)) * 0.6);
  });

  it.each(['sea', 'park', 'desert', 'street'])('%s is warmer at sunset', (place) => {
    const warmth = ([r = 0, , b = 0]: readonly number[]): number => r / b;
    expect(warmth(rows(draw(`${place} at sunset`), 0, 1))).toBeGreaterThan(warmth(rows(draw(place), 0, 1)) * 1.15);
  });

  it('has no hard line between a studio’s wall and its floor', () => {
    const picture = draw('grey studio');
    const levels = Array.from({ length: 40 }, (_, i) => level(rows(picture, i / 40, (i + 1) / 40)));
    const steps = levels.slice(1).map((value, i) => Math.abs(value - (levels[i] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan(6);
  });

  it('mirrors what stands at the horizon only in a glossy ground', () => {
    const wall = { ...readScene('studio').scene, sky: ['#ffffff'], ground: ['#202020'], seam: 0.01 };
    const ground = (gloss: number): number => level(rows(drawScene({ ...wall, gloss }, side, side, 0), 0.8, 0.95));
    expect(ground(0)).toBeLessThan(40);
    expect(ground(0.7)).toBeGreaterThan(80);
  });

  it('keeps smooth gradients from banding by grain', () => {
    const { data } = drawScene(readScene('grey studio').scene, 400, 60, 0);
    const row = data.subarray(30 * 400 * 3, 31 * 400 * 3).filter((_, i) => i % 3 === 0);
    const bytes = [...row].map((value) => Math.round(value * 255));
    const longest = bytes.reduce(
      ({ run, most }, value, i) => {
        const next = value === bytes[i - 1] ? run + 1 : 1;
        return { run: next, most: Math.max(most, next) };
      },
      { run: 0, most: 0 },
    );
    expect(longest.most).toBeLessThan(14);
  });

  it('moves its clouds with the seed, and draws the same for the same one', () => {
    expect(draw('blue sky', 3).data).toEqual(draw('blue sky', 3).data);
    expect(draw('blue sky', 4).data).not.toEqual(draw('blue sky', 3).data);
  });
});
