import type pg from 'pg';
import type { PgBoss } from 'pg-boss';
import { type Statement, sendAll, type Transaction } from '../database/client.ts';
import { bossSchema, createBoss, deadLetterQueue, queueOptions } from './install.ts';
import { ClaimLostError, type Delivery, type QueueEntry } from './queue.ts';

export const queueChannel = 'restage_queue';

/** pg-boss behind our own words: entries go in with the transaction that changes the row, and are fenced on the way out. */
export interface BossQueue {
  /**
   * `supervise`: watch over heartbeats, dead letters and schedules, as workers do. `alone`: no other process can hold
   * a delivery (the embedded database is locked to us), so what a dead one held goes out again at once.
   */
  start(options: { supervise: boolean; alone: boolean; queues: readonly string[] }): Promise<void>;
  add(tx: Transaction, entries: readonly QueueEntry[]): Promise<void>;
  /** What `add` does, to be sent along with other statements of a transaction. */
  additions(entries: readonly QueueEntry[]): Promise<Statement[]>;
  fetch(queue: string, most: number): Promise<Delivery[]>;
  /** Throws `ClaimLostError` when the delivery is no longer ours. */
  complete(tx: Transaction, delivery: Delivery): Promise<void>;
  holds(tx: Transaction, delivery: Delivery): Promise<void>;
  fail(delivery: Delivery, reason: string): Promise<void>;
  /** For a process that stops: another one takes the job up, and no delivery counts as failed. */
  handBack(delivery: Delivery): Promise<void>;
  /** Answers which of the deliveries are still ours. */
  heartbeat(queue: string, deliveries: readonly Delivery[]): Promise<ReadonlySet<string>>;
  /** Whether this very handing-out of the entry is still held by some worker. */
  isHeld(entryId: string, attempt: number): Promise<boolean>;
  schedule(queue: string, cron: string): Promise<void>;
  stop(): Promise<void>;
}

export const createBossQueue = (pool: pg.Pool, onError: (error: unknown) => void): BossQueue => {
  let boss: PgBoss | undefined;
  const running = (): PgBoss => {
    if (!boss) throw new Error('the queue is not started');
    return boss;
  };

  const createQueues = async (queues: readonly string[]): Promise<void> => {
    const known = new Map((await running().getQueues()).map((queue) => [queue.name, queue]));
    const { deadLetter, ...last } = queueOptions;
    if (!known.has(deadLetterQueue)) await running().createQueue(deadLetterQueue, { ...last, retryLimit: 10 });
    for (const name of queues) {
      const before = known.get(name);
      if (!before) await running().createQueue(name, { ...last, deadLetter });
      // Made by an older release, with other timings.
      else if (!isAsWanted(before)) await running().updateQueue(name, changeable);
    }
  };

  const releaseAll = async (): Promise<void> => {
    const { rows } = await pool.query<{ name: string; ids: string[] }>(
      `select name, array_agg(id::text) as ids from ${bossSchema}.job where state = 'active' group by name`,
    );
    for (const { name, ids } of rows) await running().fail(name, ids, { reason: 'the process that held it is gone' });
  };

  const additions = async (entries: readonly QueueEntry[]): Promise<Statement[]> => {
    const statements: Statement[] = [];
    for (const [name, own] of Map.groupBy(entries, ({ queue }) => queue)) {
      const rows = own.map(({ jobId, delayMs = 0 }) => ({
        data: { jobId },
        singletonKey: jobId,
        startAfter: delayMs > 0 ? new Date(Date.now() + delayMs).toISOString() : '0',
      }));
      await running().insert(name, rows, { db: into(statements) });
      if (own.some(({ delayMs = 0 }) => delayMs === 0))
        statements.push({ text: 'select pg_notify($1, $2)', values: [queueChannel, name] });
    }
    return statements;
  };

  return {
    start: async ({ supervise, alone, queues }) => {
      boss = createBoss(pool, { supervise });
      boss.on('error', onError);
      await boss.start();
      await createQueues(queues);
      if (alone) await releaseAll();
    },
    add: async (tx, entries) => {
      await Promise.all(sendAll(tx.client, await additions(entries)));
    },
    additions,
    fetch: async (queue, most) => {
      const entries = await running().fetch<{ jobId: string }>(queue, { batchSize: most });
      return entries.map(({ id, retryCount, data }) => ({
        queue,
        entryId: id,
        attempt: retryCount,
        jobId: data?.jobId ?? '',
      }));
    },
    complete: async (tx, delivery) => {
      const { affected } = (await running().complete(delivery.queue, [claim(delivery)], null, { db: on(tx) })) as {
        affected: number;
      };
      if (affected !== 1) throw new ClaimLostError('the delivery is held by another worker');
    },
    holds: async (tx, delivery) => {
      const { affected } = (await running().touch(delivery.queue, [claim(delivery)], { db: on(tx) })) as {
        affected: number;
      };
      if (affected !== 1) throw new ClaimLostError('the delivery is held by another worker');
    },
    fail: async (delivery, reason) => {
      await running().fail(delivery.queue, [claim(delivery)], { reason });
    },
    handBack: async (delivery) => {
      await running().insert(delivery.queue, [{ data: { jobId: delivery.jobId }, singletonKey: delivery.jobId }]);
      await running().complete(delivery.queue, [claim(delivery)]);
      await pool.query('select pg_notify($1, $2)', [queueChannel, delivery.queue]);
    },
    heartbeat: async (queue, deliveries) => {
      const { settled } = (await running().touch(queue, deliveries.map(claim))) as { settled?: string[] };
      return new Set(settled ?? []);
    },
    isHeld: async (entryId, attempt) => {
      const { rowCount } = await pool.query(
        `select 1 from ${bossSchema}.job where id = $1 and state = 'active' and retry_count = $2`,
        [entryId, attempt],
      );
      return rowCount === 1;
    },
    schedule: (queue, cron) => running().schedule(queue, cron),
    stop: async () => {
      await boss?.stop({ graceful: false, close: false });
    },
  };
};

const {
  policy: _policy,
  heartbeatSeconds: _heartbeat,
  retryDelayMax: _most,
  deadLetter: _letter,
  ...changeable
} = queueOptions;

const isAsWanted = (queue: object): boolean =>
  Object.entries(changeable).every(([name, value]) => (queue as Record<string, unknown>)[name] === value);

const claim = ({ entryId, attempt }: Delivery): { id: string; retryCount: number } => ({
  id: entryId,
  retryCount: attempt,
});

const on = ({ client }: Transaction) => ({
  executeSql: (text: string, values?: unknown[]) => client.query(text, values),
});

/** Keeps what pg-boss would send. */
const into = (statements: Statement[]) => ({
  executeSql: async (text: string, values: unknown[] = []) => {
    statements.push({ text, values });
    return { rows: [] };
  },
});
