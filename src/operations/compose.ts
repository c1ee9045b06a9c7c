import { z } from '@hono/zod-openapi';
import { defineOperation, imageField, share, text } from './operation.ts';

const fields = z.strictObject({
  person: imageField('The person'),
  garments: z.array(imageField('A piece of clothing')).max(8).optional().meta({ description: 'What the person wears' }),
  place: imageField('Where the person stands').optional(),
  prompt: text('The place or the whole picture, in words').optional(),
  negative_prompt: text('What must not be in the picture').optional(),
  identity_strength: share('How closely the face is kept').optional(),
});

export default defineOperation({
  name: 'compose',
  summary: 'Put a person, wearing these clothes, in this place',
  description: 'Give a `person`, any `garments`, and a `place` as an image, in words (`prompt`), or both.',
  fields,
  check: ({ place, prompt }) =>
    place === undefined && prompt === undefined
      ? [{ pointer: '/place', message: 'at least one of place and prompt is required' }]
      : [],
  images: [
    { role: 'person', path: ['person'], max: 1, required: true, description: 'The person' },
    { role: 'garment', path: ['garments'], max: 8, required: false, description: 'Pieces of clothing' },
    { role: 'place', path: ['place'], max: 1, required: false, description: 'The place' },
  ],
  aspectFrom: ['place', 'person'],
  examples: [
    {
      summary: 'A person in a jacket on a street at night',
      body: {
        person: 'https://example.com/person.jpg',
        garments: ['https://example.com/jacket.jpg'],
        place: 'https://example.com/street.jpg',
        prompt: 'standing on a wet street, neon light',
      },
    },
  ],
  outputs: { kind: 'image' },
});
