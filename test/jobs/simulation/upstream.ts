import { z } from 'zod';
import { defineProvider, type Provider, ProviderError, type Submission } from '../../../src/provider.ts';

/** How one start ends, seen from outside: what was bought, and what the gateway is told. */
export type StartFate = 'bought' | 'bought_inline' | 'refused' | 'rejected' | 'bought_but_lost' | 'lost_before';
export type CheckFate = 'running' | 'done' | 'failed' | 'broken';

export interface SimulatedUpstream {
  readonly provider: Provider;
  /** Per purchase id: starts that bought or of which nobody can say. */
  readonly weighty: Map<string, number>;
  readonly bought: Map<string, number>;
  starts: StartFate[];
  checks: CheckFate[];
}

/** A provider without a network: fates are dealt by the property test, and a ledger tells the truth. */
export const simulateUpstream = (submission: Submission, picture: Uint8Array): SimulatedUpstream => {
  const capability = {
    images: {},
    fields: ['prompt'],
    outputFormats: ['png' as const],
    inputTypes: ['image/png'],
    maxInputSide: 64,
    expectedSeconds: 1,
    maxSeconds: 600,
  };
  const add = (ledger: Map<string, number>, id: string): void => void ledger.set(id, (ledger.get(id) ?? 0) + 1);
  const upstream: SimulatedUpstream = {
    weighty: new Map(),
    bought: new Map(),
    starts: [],
    checks: [],
    provider: defineProvider({
      id: 'simulated',
      manifest: {
        title: 'Simulated',
        operations: { compose: capability },
        transport: 'bytes',
        submission,
        concurrency: 4,
      },
      settings: z.object({}),
      options: z.strictObject({}),
      plan: () => ({
        stages: [{ name: 'only', inputs: [], wire: {}, costUsd: 0.01 }],
        adjustments: [],
        expectedSeconds: 1,
      }),
      start: async (_stage, { purchaseId }) => {
        const fate = upstream.starts.shift() ?? 'bought';
        await new Promise((resolve) => setImmediate(resolve));
        if (fate === 'refused')
          throw new ProviderError('provider_unavailable', 'busy', { retryable: true, bought: 'no' });
        if (fate === 'rejected') throw new ProviderError('provider_rejected', 'no');
        add(upstream.weighty, purchaseId);
        if (fate === 'lost_before') throw new Error('the line broke');
        if (!(submission === 'idempotent' && upstream.bought.has(purchaseId))) add(upstream.bought, purchaseId);
        if (fate === 'bought_but_lost') throw new Error('the line broke');
        if (fate === 'bought_inline')
          return { status: 'finished', artifacts: [{ bytes: picture, contentType: 'image/png' }] };
        return { status: 'started', ticket: { purchase: purchaseId } };
      },
      check: async (ticket) => {
        const fate = upstream.checks.shift() ?? 'done';
        if (fate === 'running') return { status: 'pending', progress: 0.5 };
        if (fate === 'broken') throw new Error('the line broke');
        if (fate === 'failed') throw new ProviderError('provider_error', 'failed');
        return { status: 'finished', artifacts: [{ handle: { purchase: ticket.purchase ?? null } }] };
      },
      open: async () => new Blob([picture as Uint8Array<ArrayBuffer>]).stream(),
      cancel: async () => {},
      ...(submission === 'lookup' && {
        lookup: async (purchaseId: string) =>
          upstream.bought.has(purchaseId)
            ? { status: 'found' as const, ticket: { purchase: purchaseId } }
            : { status: 'absent' as const },
      }),
    }),
  };
  return upstream;
};
