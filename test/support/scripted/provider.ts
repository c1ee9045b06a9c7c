/** The asynchronous provider of the tests: real exchanges over a socket with `scripted-server.ts`, faults by option. */
import type { KyInstance, KyResponse } from 'ky';
import { z } from 'zod';
import {
  type Capability,
  defineProvider,
  type JsonObject,
  type Provider,
  ProviderError,
  type Submission,
} from '../../../src/provider.ts';

const capability: Capability = {
  images: {
    image: 1,
    person: 1,
    garment: 8,
    place: 1,
    'background.image': 1,
    'background.reference': 1,
    'light.reference': 1,
  },
  fields: [
    'image',
    'person',
    'garments',
    'place',
    'background',
    'light',
    'prompt',
    'output_format',
    'aspect_ratio',
    'seed',
  ],
  outputFormats: ['png', 'jpeg', 'webp'],
  inputTypes: ['image/png', 'image/jpeg'],
  maxInputSide: 1_024,
  expectedSeconds: 1,
  maxSeconds: 120,
};

const settings = z.object({ SCRIPTED_URL: z.url() });
type Settings = z.infer<typeof settings>;

const options = z.strictObject({
  seconds: z.number().optional(),
  faults: z.array(z.string()).optional(),
  /** Two: the second stage works on what the first has made. */
  stages: z.int().min(1).max(3).optional(),
  price: z.number().nullable().optional(),
  read_inputs: z.boolean().optional(),
});
type Options = z.infer<typeof options>;

export const scriptedProvider = (id: string, submission: Submission, concurrency = 8): Provider =>
  defineProvider<Settings, Options>({
    id,
    manifest: {
      title: 'Scripted, for tests',
      operations: { compose: capability, background: capability, relight: capability },
      transport: 'bytes',
      submission,
      settlesWithinSeconds: 2,
      concurrency,
    },
    environment: ['SCRIPTED_URL'],
    settings,
    options,
    origins: ({ SCRIPTED_URL }) => [SCRIPTED_URL],
    plan: (request) => ({
      stages: Array.from({ length: request.options.stages ?? 1 }, (_, stage) => ({
        name: `stage-${stage}`,
        inputs: stage === 0 ? request.images.map(({ role, index }) => ({ role, index })) : ['previous' as const],
        wire: {
          script: { seconds: request.options.seconds ?? 0, faults: request.options.faults ?? [] },
          read_inputs: request.options.read_inputs ?? false,
        },
        costUsd: request.options.price === undefined ? 0.01 : request.options.price,
      })),
      adjustments:
        'negative_prompt' in request.fields
          ? [{ field: 'negative_prompt', action: 'dropped', detail: 'not supported' }]
          : [],
      expectedSeconds: 1,
    }),
    start: async (stage, context) => {
      if (stage.wire.read_inputs) for (const input of stage.inputs) await context.image(input).bytes();
      const script = stage.wire.script as JsonObject;
      const faults = script.faults as string[];
      if (faults.includes('crash_start')) process.kill(process.pid, 'SIGKILL');
      const response = await exchange(context.http, 'post', `${context.settings.SCRIPTED_URL}/start`, {
        json: { purchase: context.purchaseId, script, idempotent: submission === 'idempotent' },
        signal: context.signal,
      });
      if (response.status === 429) {
        throw new ProviderError('provider_unavailable', 'Busy.', {
          retryable: true,
          bought: 'no',
          retryAfter: Number(response.headers.get('retry-after')),
        });
      }
      if (response.status === 403) throw new ProviderError('moderated', 'Refused by moderation.', { stage: 'input' });
      if (response.status === 422) throw new ProviderError('provider_rejected', 'Rejected.');
      const body = z.object({ id: z.string() }).safeParse(await response.json().catch(() => null));
      if (!body.success)
        throw new ProviderError('provider_error', 'An answer nobody understands.', { retryable: true });
      return {
        status: 'started',
        ticket: { id: body.data.id, crash: faults.includes('crash_check') },
        upstreamId: body.data.id,
      };
    },
    check: async (ticket, context) => {
      if (ticket.crash) process.kill(process.pid, 'SIGKILL');
      const response = await exchange(context.http, 'get', `${context.settings.SCRIPTED_URL}/check/${ticket.id}`, {
        signal: context.signal,
      });
      if (response.status >= 500) throw new ProviderError('provider_unavailable', 'Not now.', { retryable: true });
      const { state, progress } = (await response.json()) as { state: string; progress?: number };
      if (state === 'running') return { status: 'pending', ...(progress !== undefined && { progress }) };
      if (state === 'moderated') throw new ProviderError('moderated', 'Refused by moderation.', { stage: 'output' });
      if (state !== 'done') throw new ProviderError('provider_error', 'The work failed.');
      return { status: 'finished', artifacts: [{ handle: { id: ticket.id ?? null } }] };
    },
    open: async (handle, context) => {
      const response = await exchange(context.http, 'get', `${context.settings.SCRIPTED_URL}/result/${handle.id}`, {
        signal: context.signal,
      });
      if (!response.ok || !response.body)
        throw new ProviderError('collect_failed', 'The result is gone.', { retryable: true });
      return response.body;
    },
    cancel: async (ticket, context) => {
      await exchange(context.http, 'post', `${context.settings.SCRIPTED_URL}/cancel/${ticket.id}`, {});
    },
    ...(submission === 'lookup' && {
      lookup: async (purchaseId, context) => {
        const response = await exchange(
          context.http,
          'get',
          `${context.settings.SCRIPTED_URL}/lookup?purchase=${purchaseId}`,
          {},
        );
        if (response.status === 404) return { status: 'absent' };
        const { id: found } = (await response.json()) as { id: string };
        return { status: 'found', ticket: { id: found } };
      },
    }),
  });

const exchange = async (http: KyInstance, method: 'get' | 'post', url: string, init: object): Promise<KyResponse> => {
  try {
    return await http[method](url, init);
  } catch (error) {
    const refused = String((error as { cause?: { code?: string } }).cause?.code) === 'ECONNREFUSED';
    throw new ProviderError('provider_unavailable', 'The service cannot be reached.', {
      retryable: true,
      bought: refused ? 'no' : 'unknown',
      cause: error,
    });
  }
};

export const scriptedProviders: readonly Provider[] = [
  scriptedProvider('scripted', 'at_most_once'),
  scriptedProvider('scripted-lookup', 'lookup'),
  scriptedProvider('scripted-idempotent', 'idempotent'),
];
