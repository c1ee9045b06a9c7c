import { z } from '@hono/zod-openapi';
import { imageField, share, text } from './operation.ts';

export const lightDirections = ['none', 'above', 'below', 'left', 'right'] as const;

/** The light of `relight` and `background`: at least one field says something about it. */
export const lightField = z.strictObject({
  direction: z.enum(lightDirections).optional().meta({ description: 'Where the light comes from' }),
  strength: share('How strong the light is').optional(),
  prompt: text('The light, in words').optional(),
  reference: imageField('A picture whose light to follow').optional(),
});
