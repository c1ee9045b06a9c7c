import type { Picture } from './arguments.ts';

export interface DemoRequest {
  readonly operation: string;
  /** The multipart form's fields that are not pictures. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly pictures: readonly (readonly [field: string, picture: Picture])[];
  /** The result's file name. */
  readonly result: string;
}

export interface Pictures {
  readonly person: Picture;
  readonly garments: readonly Picture[];
  readonly place: Picture;
  readonly image: Picture;
}

/** The name of each operation's result; the request asks for this format. */
export const resultNames = { compose: 'compose.png', relight: 'relight.png', background: 'background.png' } as const;

/** One request for each operation. */
export const demoRequests = ({ person, garments, place, image }: Pictures): readonly DemoRequest[] => [
  {
    operation: 'compose',
    input: { output_format: 'png' },
    pictures: [['person', person], ...garments.map((each) => ['garments', each] as const), ['place', place]],
    result: resultNames.compose,
  },
  {
    operation: 'relight',
    input: { output_format: 'png', light: { direction: 'left', strength: 0.8, prompt: 'golden hour' } },
    pictures: [['image', image]],
    result: resultNames.relight,
  },
  {
    operation: 'background',
    input: {
      output_format: 'png',
      background: { prompt: 'a beach at sunset' },
      light: { direction: 'right', strength: 0.5 },
    },
    pictures: [['image', image]],
    result: resultNames.background,
  },
];
