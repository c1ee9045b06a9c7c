import { z } from 'zod';
import { type Capability, defineProvider } from '../../src/provider.ts';
import { fieldsOf } from './fields.ts';
import { optionsSchema } from './options.ts';
import { expectedSeconds, plan } from './plan.ts';

const capability = (operation: string, images: Capability['images']): Capability => ({
  images,
  fields: fieldsOf(operation),
  outputFormats: ['png', 'jpeg', 'webp'],
  inputTypes: ['image/png', 'image/jpeg', 'image/webp'],
  maxInputSide: 2048,
  expectedSeconds: expectedSeconds[operation] ?? 3,
  // Time in the queue counts: two jobs run at once, and others wait.
  maxSeconds: 900,
});

let pool: Promise<typeof import('./pool.ts')> | undefined;

export default defineProvider({
  id: 'local',
  manifest: {
    title: 'Pictures without a model, on this machine: cut out, placed, dressed and lit by image processing',
    operations: {
      compose: capability('compose', { person: 1, garment: 8, place: 1 }),
      relight: capability('relight', { image: 1, 'light.reference': 1 }),
      background: capability('background', {
        image: 1,
        'background.image': 1,
        'background.reference': 1,
        'light.reference': 1,
      }),
    },
    transport: 'bytes',
    submission: 'idempotent',
    onlyWhenAlone: true,
    concurrency: 2,
  },
  settings: z.object({}),
  options: optionsSchema,
  plan,
  // The pool and sharp load with the first picture, so that a gateway starts without them.
  start: async (stage, context) => {
    pool ??= import('./pool.ts');
    return (await pool).draw(stage, context);
  },
  close: async () => (await pool)?.close(),
});
