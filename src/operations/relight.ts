import { z } from '@hono/zod-openapi';
import { lightField } from './light.ts';
import { defineOperation, imageField, share, text } from './operation.ts';

const fields = z.strictObject({
  image: imageField('The picture'),
  light: lightField,
  prompt: text('The picture, in words').optional(),
  negative_prompt: text('What must not be in the picture').optional(),
  preserve_subject: share('How closely the subject is kept').optional(),
});

export default defineOperation({
  name: 'relight',
  summary: 'Show the same picture in another light',
  description: 'Say where the light comes from, how strong it is, and its mood in words or by a reference picture.',
  fields,
  check: ({ light }) =>
    Object.keys((light ?? {}) as object).length === 0
      ? [{ pointer: '/light', message: 'at least one of direction, strength, prompt and reference is required' }]
      : [],
  images: [
    { role: 'image', path: ['image'], max: 1, required: true, description: 'The picture' },
    {
      role: 'light.reference',
      path: ['light', 'reference'],
      max: 1,
      required: false,
      description: 'A light to follow',
    },
  ],
  aspectFrom: ['image'],
  examples: [
    {
      summary: 'Evening light from the left',
      body: {
        image: 'https://example.com/portrait.jpg',
        light: { direction: 'left', strength: 0.7, prompt: 'golden hour' },
      },
    },
  ],
  outputs: { kind: 'image' },
});
