import { createAdvance } from '../../../src/jobs/advance.ts';
import { createCancel } from '../../../src/jobs/cancel.ts';
import type { WorkerContext } from '../../../src/jobs/context.ts';
import type { JobRecord, JobState } from '../../../src/jobs/model.ts';
import type { JobStore } from '../../../src/jobs/store.ts';
import { endOverdue, requeueStranded } from '../../../src/jobs/sweep.ts';
import type { OpenDatabase } from '../../../src/platform/database/client.ts';
import { newId } from '../../../src/platform/ids.ts';
import type { BossQueue } from '../../../src/platform/queue/boss-queue.ts';
import type { Delivery } from '../../../src/platform/queue/queue.ts';
import { type Backend, checkQueue, workQueue } from '../../../src/routing/backend.ts';

/** Where a worker dies: at its n-th durable operation, before it takes effect or after. */
export interface Crash {
  readonly at: number;
  readonly after: boolean;
}

class Crashed extends Error {}

/** One job in a world where workers die, are doubled and come late; time passes only when it is told to. */
export class World {
  #skippedMs = 0;
  readonly #database: OpenDatabase;
  readonly #queue: BossQueue;
  readonly #context: WorkerContext;
  readonly #backend: Backend;
  jobId = '';

  constructor(database: OpenDatabase, queue: BossQueue, context: WorkerContext, backend: Backend) {
    this.#database = database;
    this.#queue = queue;
    this.#context = context;
    this.#backend = backend;
  }

  now = (): number => Date.now() + this.#skippedMs;

  async accept(): Promise<void> {
    const now = this.now();
    const { provider, name } = this.#backend;
    const fields = { prompt: 'x' };
    const job: JobRecord = {
      id: newId('job'),
      account: 'anonymous',
      operation: 'compose',
      status: 'queued',
      version: 0,
      sequence: 0,
      provider: provider.id,
      backend: name,
      request: { fields, images: [] },
      plan: provider.plan({ operation: 'compose', fields, images: [], options: {} }, {}),
      prepared: null,
      adjustments: [],
      outputs: [],
      error: null,
      progress: 0,
      costUsd: null,
      timings: {},
      metadata: {},
      endUser: null,
      trace: null,
      deadlineAt: new Date(now + 600_000),
      createdAt: new Date(now),
      startedAt: null,
      finishedAt: null,
    };
    await this.#context.store.accept([{ job, idempotency: null, queue: workQueue(name) }]);
    this.jobId = job.id;
  }

  state = async (): Promise<JobState> => {
    const state = await this.#context.store.load(this.jobId);
    if (!state) throw new Error('the job is lost');
    return state;
  };

  /** Takes the next delivery of the job, if one is due. */
  async take(): Promise<Delivery | null> {
    for (const name of [workQueue(this.#backend.name), checkQueue(this.#backend.name)]) {
      const [delivery] = await this.#queue.fetch(name, 1);
      if (delivery) return delivery;
    }
    return null;
  }

  /** Runs a worker on the delivery until it is done or dies. */
  async work(delivery: Delivery, crash: Crash | null): Promise<void> {
    const abort = new AbortController();
    const died = Promise.withResolvers<void>();
    const die = (): void => {
      abort.abort(new Crashed());
      died.resolve();
    };
    const context = { ...this.#context, now: this.now, store: mortal(this.#context.store, crash, die) };
    const lane = delivery.queue.startsWith('check.') ? 'check' : 'work';
    const worked = createAdvance(context, lane)(delivery, abort.signal).catch((error) => {
      if (!(error instanceof Crashed) && !abort.signal.aborted) throw error;
    });
    await Promise.race([worked, died.promise]);
  }

  /** Whoever holds a delivery is taken for dead: it goes out again, to somebody else. */
  async redeliver(): Promise<void> {
    await this.#database.pool.query(
      "update pgboss.job set state = 'retry', start_after = now() where state = 'active' and singleton_key = $1",
      [this.jobId],
    );
  }

  async skip(ms: number): Promise<void> {
    this.#skippedMs += ms;
    await this.#database.pool.query(
      "update pgboss.job set start_after = start_after - $1 * interval '1 ms' where state in ('created', 'retry') and singleton_key = $2",
      [ms, this.jobId],
    );
  }

  async cancel(): Promise<void> {
    await createCancel(this.#context.store)('anonymous', this.jobId).catch((error) => {
      if (error.code !== 'job_finished') throw error;
    });
  }

  sweep = (): Promise<unknown> => endOverdue({ ...this.#context, now: this.now });
  requeue = (): Promise<void> => requeueStranded({ ...this.#context, now: this.now });

  async entriesLeft(): Promise<number> {
    const { rows } = await this.#database.pool.query(
      "select count(*)::int as count from pgboss.job where singleton_key = $1 and state in ('created', 'retry', 'active')",
      [this.jobId],
    );
    return rows[0].count;
  }
}

/** A store whose worker dies at a given operation; from then on nothing it does has any effect. */
const mortal = (store: JobStore, crash: Crash | null, died: () => void): JobStore => {
  if (!crash) return store;
  let count = 0;
  let dead = false;
  return new Proxy(store, {
    get: (target, name) => {
      const method = target[name as keyof JobStore] as (...parameters: unknown[]) => Promise<unknown>;
      return async (...parameters: unknown[]) => {
        // A dead worker never comes back from a call: its code must not go on to the provider either.
        if (dead) return new Promise(() => {});
        count += 1;
        if (count !== crash.at) return method(...parameters);
        if (crash.after) await method(...parameters).catch(() => {});
        dead = true;
        died();
        throw new Crashed();
      };
    },
  });
};
