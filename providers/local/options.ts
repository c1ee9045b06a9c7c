import { z } from 'zod';

/** What a caller may send as `options.local`. */
export const optionsSchema = z.strictObject({
  /** Longest side of the result in pixels, finer than `resolution`. */
  max_side: z.int().min(256).max(2048).optional(),
  /** What each garment is, in their order, where its shape would mislead. */
  garment_kinds: z
    .array(z.enum(['auto', 'top', 'bottom', 'dress']))
    .max(8)
    .optional(),
});

export type LocalOptions = z.infer<typeof optionsSchema>;
