/**
 * Any order of steps, crashes, duplicate and late deliveries, cancels and deadlines ends in one final state, with at
 * most one start that is paid or of unknown outcome. `SIMULATION_RUNS` sets how many lives are lived (150 each).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import ky from 'ky';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDecoder, type Decoder } from '../../../src/images/decoder.ts';
import type { WorkerContext } from '../../../src/jobs/context.ts';
import { isFinal } from '../../../src/operations/job.ts';
import { type OpenDatabase, openDatabase } from '../../../src/platform/database/client.ts';
import { createJobStore } from '../../../src/platform/database/job-store/index.ts';
import { type BossQueue, createBossQueue } from '../../../src/platform/queue/boss-queue.ts';
import { fileStorage } from '../../../src/platform/storage/files.ts';
import { createTelemetry } from '../../../src/platform/telemetry/create.ts';
import type { Submission } from '../../../src/provider.ts';
import { checkQueue, workQueue } from '../../../src/routing/backend.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { type CheckFate, type SimulatedUpstream, type StartFate, simulateUpstream } from './upstream.ts';
import { type Crash, World } from './world.ts';

const runs = Number(process.env.SIMULATION_RUNS ?? 150);

let test: TestDatabase;
let database: OpenDatabase;
let queue: BossQueue;
let picture: Uint8Array;
let directory: string;

beforeAll(async () => {
  test = await createTestDatabase();
  database = openDatabase({ connectionString: test.url }, () => {});
  queue = createBossQueue(database.pool, () => {});
  await queue.start({ supervise: false, alone: false, queues: [workQueue('simulated'), checkQueue('simulated')] });
  directory = await mkdtemp(join(tmpdir(), 'restage-simulation-'));
  const noise = {
    create: {
      width: 8,
      height: 8,
      channels: 3 as const,
      background: '#000',
      noise: { type: 'gaussian' as const, mean: 128, sigma: 60 },
    },
  };
  picture = await sharp(noise).png().toBuffer();
});

afterAll(async () => {
  await queue.stop();
  await database.close();
  await test.drop();
  await rm(directory, { recursive: true, force: true });
});

let decoder: Decoder;
beforeAll(() => {
  decoder = createDecoder();
});
afterAll(() => decoder[Symbol.asyncDispose]());

const newWorld = async (upstream: SimulatedUpstream): Promise<World> => {
  const backend = { name: 'simulated', provider: upstream.provider, settings: {}, options: {}, concurrency: 4 };
  const context: WorkerContext = {
    store: createJobStore(database, queue),
    storage: fileStorage({ directory, publicUrl: () => 'http://localhost', secret: new Uint8Array(32) }),
    images: {
      check: () => {},
      open: () => {
        throw new Error('no images here');
      },
    },
    decoder,
    backend: () => backend,
    http: () => ky,
    watch: { on: () => () => {} },
    telemetry: await createTelemetry('silent', undefined),
    limits: { maxBytes: 1e6, maxPixels: 1e6 },
    retentionDays: 1,
    now: Date.now,
    random: () => 0.5,
  };
  const world = new World(database, queue, context, backend);
  await world.accept();
  return world;
};

type Action =
  | { readonly kind: 'work'; readonly crash: Crash | null }
  /** Two workers at once: the first is taken for dead while it lives. */
  | { readonly kind: 'double'; readonly crash: Crash | null }
  | { readonly kind: 'redeliver' }
  | { readonly kind: 'cancel' | 'sweep' }
  | { readonly kind: 'skip'; readonly ms: number };

const crashes = fc.option(fc.record({ at: fc.integer({ min: 1, max: 12 }), after: fc.boolean() }), {
  freq: 3,
  nil: null,
});
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('work' as const), crash: crashes }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('double' as const), crash: crashes }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('skip' as const), ms: fc.constantFrom(1_000, 5_000, 30_000) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('redeliver' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('cancel' as const, 'sweep' as const) }) },
  ),
  { maxLength: 12 },
);
const starts = fc.array(
  fc.constantFrom<StartFate>('bought', 'bought_inline', 'refused', 'rejected', 'bought_but_lost', 'lost_before'),
  { maxLength: 4 },
);
const checks = fc.array(fc.constantFrom<CheckFate>('running', 'done', 'failed', 'broken'), { maxLength: 4 });

const act = async (world: World, action: Action): Promise<void> => {
  if (action.kind === 'skip') return world.skip(action.ms);
  if (action.kind === 'cancel') return world.cancel();
  if (action.kind === 'redeliver') return world.redeliver();
  if (action.kind === 'sweep') return void (await world.sweep());
  if (action.kind !== 'work' && action.kind !== 'double') return;
  const delivery = await world.take();
  if (!delivery) return;
  const first = world.work(delivery, action.crash);
  if (action.kind === 'work') return first;
  await world.redeliver();
  const second = await world.take();
  await Promise.all([first, second && world.work(second, null)]);
};

/** Dead workers' deliveries go out again, time passes, until nothing is left to do. */
const quiesce = async (world: World): Promise<void> => {
  for (let round = 0; round < 80; round += 1) {
    await world.redeliver();
    await world.skip(20_000);
    for (let delivery = await world.take(); delivery; delivery = await world.take()) await world.work(delivery, null);
    await world.sweep();
    const { job } = await world.state();
    const left = await world.entriesLeft();
    if (isFinal(job.status) && left === 0) return;
    if (left === 0) await world.requeue();
  }
  throw new Error(`no end: ${JSON.stringify(await world.state())}`);
};

const live = async (
  submission: Submission,
  plan: { actions: Action[]; starts: StartFate[]; checks: CheckFate[] },
): Promise<void> => {
  const upstream = simulateUpstream(submission, picture);
  upstream.starts = [...plan.starts];
  upstream.checks = [...plan.checks];
  const world = await newWorld(upstream);
  let final: string | null = null;
  for (const action of plan.actions) {
    await act(world, action);
    const { status } = (await world.state()).job;
    if (final) expect(status).toBe(final);
    if (isFinal(status)) final = status;
  }
  await quiesce(world);

  const { job, purchases } = await world.state();
  if (final) expect(job.status).toBe(final);
  for (const [, count] of upstream.bought) expect(count, 'bought twice').toBe(1);
  if (submission === 'at_most_once')
    for (const [, count] of upstream.weighty) expect(count, 'started again without proof').toBe(1);
  // What was paid for and came too late stays `finished`: nobody waits for it any more.
  const ends = job.status === 'succeeded' ? ['collected'] : ['collected', 'finished', 'failed', 'canceled', 'unknown'];
  for (const { status } of purchases) expect(ends).toContain(status);
  if (job.status === 'succeeded') {
    expect(job.outputs).toHaveLength(1);
    expect([...upstream.bought.values()]).toEqual([1]);
  }
};

describe('whatever happens to its workers, a job ends once and buys at most once', () => {
  it.each<Submission>(['at_most_once', 'lookup', 'idempotent'])(
    '%s',
    async (submission) => {
      await fc.assert(
        fc.asyncProperty(fc.record({ actions, starts, checks }), (plan) => live(submission, plan)),
        { numRuns: runs, endOnFailure: true },
      );
    },
    600_000,
  );
});
