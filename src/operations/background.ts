import { z } from '@hono/zod-openapi';
import { lightField } from './light.ts';
import { defineOperation, imageField, share, text } from './operation.ts';

const backdrop = z.strictObject({
  prompt: text('The backdrop, in words').optional(),
  image: imageField('The exact backdrop').optional(),
  reference: imageField('A picture whose style to follow').optional(),
  color: z.string().min(1).max(64).optional().meta({ description: 'A CSS colour', example: '#f4f1ea' }),
});

const fields = z.strictObject({
  image: imageField('The subject'),
  background: backdrop,
  light: lightField.optional(),
  foreground_prompt: text('The subject, in words').optional(),
  negative_prompt: text('What must not be in the picture').optional(),
  preserve_subject: share('How closely the subject is kept').optional(),
  background_depth: share('How far away the backdrop is').optional(),
  keep_background: z.boolean().optional().meta({ description: 'Keep the old background and change only the light' }),
});

export default defineOperation({
  name: 'background',
  summary: 'Put the same subject before another background, lit to fit',
  description: 'Describe the backdrop by words, an exact image, a style reference or a colour.',
  fields,
  check: ({ background: sent }) =>
    Object.keys((sent ?? {}) as object).length === 0
      ? [{ pointer: '/background', message: 'at least one of prompt, image, reference and color is required' }]
      : [],
  images: [
    { role: 'image', path: ['image'], max: 1, required: true, description: 'The subject' },
    {
      role: 'background.image',
      path: ['background', 'image'],
      max: 1,
      required: false,
      description: 'The exact backdrop',
    },
    {
      role: 'background.reference',
      path: ['background', 'reference'],
      max: 1,
      required: false,
      description: 'A style to follow',
    },
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
      summary: 'A product before a warm wall',
      body: { image: 'https://example.com/shoe.jpg', background: { prompt: 'a warm plaster wall at sunset' } },
    },
    {
      summary: 'A product on an exact backdrop, lit from the left',
      body: {
        image: 'https://example.com/shoe.jpg',
        background: { image: 'https://example.com/beach.jpg' },
        light: { direction: 'left', strength: 0.6 },
      },
    },
  ],
  outputs: { kind: 'image' },
});
