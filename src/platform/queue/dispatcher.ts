import type { Listener } from '../database/listener.ts';
import { sleep } from '../sleep.ts';
import { type BossQueue, queueChannel } from './boss-queue.ts';
import { ClaimLostError, type Consumer, type Delivery, StaleError } from './queue.ts';

/** Entries whose time has come, and those whose notification was lost, are found by looking this often. */
const pollMs = 500;
const heartbeatMs = 10_000;
/** A handler that throws is run again in place: a restart of the database must not use up deliveries. */
const retriesMs = [250, 1_000, 2_000, 4_000, 8_000];

interface Running {
  readonly delivery: Delivery;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

export interface Dispatcher {
  start(consumers: readonly Consumer[]): void;
  /** Takes nothing new and waits; what still runs after `graceMs` is aborted and handed back to the queue. */
  stop(graceMs: number): Promise<void>;
  readonly busy: () => number;
}

export const createDispatcher = (
  queue: BossQueue,
  listener: Listener,
  onError: (error: unknown, delivery?: Delivery) => void,
): Dispatcher => {
  const running = new Map<string, Running>();
  const loops: { wake: () => void; ended: Promise<void> }[] = [];
  let stopping = false;
  let unsubscribe = (): void => {};
  let heartbeat: NodeJS.Timeout | undefined;

  const handle = async (consumer: Consumer, delivery: Delivery, signal: AbortSignal): Promise<void> => {
    for (const pauseMs of [...retriesMs, null]) {
      try {
        return await consumer.handler(delivery, signal);
      } catch (error) {
        if (error instanceof StaleError || signal.aborted) return;
        onError(error, delivery);
        if (pauseMs === null) await queue.fail(delivery, String(error)).catch(onError);
        else await sleep(pauseMs, signal);
      }
    }
  };

  const fetchSome = async (name: string, most: number): Promise<Delivery[]> => {
    try {
      return await queue.fetch(name, most);
    } catch (error) {
      onError(error);
      return [];
    }
  };

  const consume = (consumer: Consumer): { wake: () => void; ended: Promise<void> } => {
    let active = 0;
    let woken = false;
    let resume = (): void => {};
    const wake = (): void => {
      woken = true;
      resume();
    };
    const run = (delivery: Delivery): void => {
      active += 1;
      const abort = new AbortController();
      const done = handle(consumer, delivery, abort.signal).finally(() => {
        active -= 1;
        running.delete(keyOf(delivery));
        wake();
      });
      running.set(keyOf(delivery), { delivery, abort, done });
    };
    const loop = async (): Promise<void> => {
      while (!stopping) {
        woken = false;
        const free = consumer.concurrency - active;
        const fetched = free > 0 ? await fetchSome(consumer.queue, free) : [];
        for (const delivery of fetched) run(delivery);
        if (woken || stopping) continue;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pollMs);
          resume = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    };
    return { wake, ended: loop() };
  };

  const beat = async (): Promise<void> => {
    const byQueue = Map.groupBy(running.values(), ({ delivery }) => delivery.queue);
    for (const [name, held] of byQueue) {
      const ours = await queue.heartbeat(
        name,
        held.map(({ delivery }) => delivery),
      );
      for (const { delivery, abort } of held)
        if (!ours.has(delivery.entryId)) abort.abort(new ClaimLostError('the claim was lost'));
    }
  };

  return {
    start: (consumers) => {
      const byName = new Map(consumers.map((consumer) => [consumer.queue, consume(consumer)]));
      loops.push(...byName.values());
      const wakeAll = (): void => {
        for (const { wake } of loops) wake();
      };
      unsubscribe = listener.on(queueChannel, (name) => byName.get(name)?.wake(), wakeAll);
      heartbeat = setInterval(() => void beat().catch(onError), heartbeatMs);
    },
    stop: async (graceMs) => {
      stopping = true;
      unsubscribe();
      for (const { wake } of loops) wake();
      await Promise.all(loops.map(({ ended }) => ended));
      const all = Promise.all([...running.values()].map(({ done }) => done));
      const grace = new AbortController();
      await Promise.race([all, sleep(graceMs, grace.signal)]);
      grace.abort();
      const left = [...running.values()];
      for (const { abort } of left) abort.abort(new Error('the process is stopping'));
      await Promise.race([all, sleep(2_000)]);
      for (const { delivery } of left) await queue.handBack(delivery).catch(onError);
      clearInterval(heartbeat);
    },
    busy: () => running.size,
  };
};

const keyOf = ({ entryId, attempt }: Delivery): string => `${entryId}/${attempt}`;
