import type { Table } from './scenes.ts';

/** What the time of day or the weather does to any scene. */
export interface Mood {
  /** Colours washed over the top, the horizon and the ground. */
  readonly wash: readonly [top: string, low: string, ground: string];
  readonly share: number;
  readonly glow: string;
  /** The sun stands at the horizon. */
  readonly low: boolean;
  /** Drawn under an open sky where the words name no place. */
  readonly outdoors: boolean;
  /** Lights that go on in towns and rooms. */
  readonly lights?: readonly string[];
}

const evening = ['#ffd58a', '#ffb45a', '#ffe9c4'];

export const moods: Table<Mood> = [
  [
    'sunset sundown dusk evening',
    {
      wash: ['#3f4a86', '#f08a55', '#ffb070'],
      share: 0.66,
      glow: '#ffd08a',
      low: true,
      outdoors: true,
      lights: evening,
    },
  ],
  [
    'sunrise dawn morning',
    { wash: ['#8ab4e4', '#ffcfa4', '#ffe6bf'], share: 0.62, glow: '#ffe8c0', low: true, outdoors: true },
  ],
  ['golden', { wash: ['#e0a24e', '#ffca7c', '#f2b562'], share: 0.78, glow: '#ffdf9a', low: true, outdoors: true }],
  [
    'night midnight moonlight moonlit nighttime',
    {
      wash: ['#070b1f', '#1b2a55', '#0d1430'],
      share: 0.82,
      glow: '#9fb8ff',
      low: false,
      outdoors: true,
      lights: ['#ffd58a', '#ffb45a', '#9fc8ff'],
    },
  ],
  ['autumn fall', { wash: ['#e3bb80', '#dd9a4c', '#b8702f'], share: 0.5, glow: '#ffe0a8', low: false, outdoors: true }],
  [
    'fog foggy mist misty haze hazy',
    { wash: ['#cfd6da', '#e2e6e8', '#cdd3d6'], share: 0.6, glow: '#ffffff', low: false, outdoors: true },
  ],
  [
    'overcast cloudy stormy',
    { wash: ['#8e99a3', '#ccd2d6', '#8b9195'], share: 0.55, glow: '#e8ecee', low: false, outdoors: true },
  ],
  [
    'dark moody dramatic noir',
    { wash: ['#15161b', '#2b2c33', '#121317'], share: 0.66, glow: '#8a8f9c', low: false, outdoors: false },
  ],
];
