import type { Request } from '../local/draw.ts';

type Role = 'person' | 'garment' | 'place' | 'product';

/** One picture to be drawn, and what stands below it. */
export interface Shot extends Request {
  readonly label: string;
}

/** A row of the sheet: a picture as it came, and what becomes of it. */
export interface Row {
  readonly operation: string;
  readonly picture: string;
  readonly shots: readonly Shot[];
}

const roleOf = (name: string): Role => {
  if (/^(person|portrait|worker)/.test(name)) return 'person';
  if (name.startsWith('garment')) return 'garment';
  return name.startsWith('place') ? 'place' : 'product';
};

const asset = (name: string): string => `asset_${name}`;

/** The list's element for the row, in turn. */
const turn = <T>(list: readonly T[], row: number): readonly T[] =>
  list.length === 0 ? [] : [list[row % list.length] as T];

const backdropPrompts = [
  ['a soft grey studio backdrop', 'a beach at sunset'],
  ['a terracotta gradient studio', 'a forest in the morning'],
  ['white marble', 'a neon city at night'],
  ['a sage green wall', 'a wooden table'],
] as const;

const backgroundRow = (name: string, places: readonly string[], row: number): Row => {
  const image = asset(name);
  const onto = turn(places, row).map((place) => [place, { image: asset(place) }] as const);
  const words = (backdropPrompts[row % backdropPrompts.length] ?? []).map((prompt) => [prompt, { prompt }] as const);
  const wishes = [...onto, ['#d8b4a0', { color: '#d8b4a0' }] as const, ...words];
  const shots = wishes.map(([label, background]) => ({
    operation: 'background',
    label,
    fields: { image, background },
  }));
  return { operation: 'background', picture: name, shots };
};

const relightRow = (name: string, others: readonly string[], row: number): Row => {
  const lights = [
    ['left 0.8', { direction: 'left', strength: 0.8 }],
    ['right 0.8', { direction: 'right', strength: 0.8 }],
    ['above 0.6', { direction: 'above', strength: 0.6 }],
    ['golden hour from the left', { prompt: 'golden hour from the left', strength: 0.7 }],
    ['neon', { prompt: 'neon', strength: 0.8 }],
    ...turn(others, row).map((other) => [`like ${other}`, { reference: asset(other), strength: 0.7 }] as const),
  ] as const;
  const shots = lights.map(([label, light]) => ({
    operation: 'relight',
    label,
    fields: { image: asset(name), light },
  }));
  return { operation: 'relight', picture: name, shots };
};

const composeRow = (name: string, garments: readonly string[], places: readonly string[], row: number): Row => {
  const person = asset(name);
  const placed = places.map((place, i) => {
    const worn = turn(garments, row + i);
    const fields = { person, place: asset(place), garments: worn.map(asset) };
    return { operation: 'compose', label: [place, ...worn].join(' + '), fields };
  });
  const worn = garments.map((garment) => ({
    operation: 'compose',
    label: `studio + ${garment}`,
    fields: { person, garments: [asset(garment)], prompt: 'a light grey studio' },
  }));
  return { operation: 'compose', picture: name, shots: [...placed, ...worn] };
};

/** Every picture through every operation it can take part in, by the role its name tells. */
export const rowsFor = (names: readonly string[]): readonly Row[] => {
  const of = (...roles: Role[]): readonly string[] => names.filter((name) => roles.includes(roleOf(name)));
  const places = of('place');
  return [
    ...of('person', 'product', 'garment').map((name, row) => backgroundRow(name, places, row)),
    ...names.map((name, row) =>
      relightRow(
        name,
        names.filter((other) => other !== name && roleOf(other) === 'place'),
        row,
      ),
    ),
    ...of('person').map((name, row) => composeRow(name, of('garment'), places, row)),
  ];
};
