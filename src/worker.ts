import { createAdvance } from './jobs/advance.ts';
import type { WorkerContext } from './jobs/context.ts';
import { createDeadLetter } from './jobs/dead-letter.ts';
import { deleteExpired, endOrphaned, endOverdue, requeueStranded } from './jobs/sweep.ts';
import type { Listener } from './platform/database/listener.ts';
import type { BossQueue } from './platform/queue/boss-queue.ts';
import { createDispatcher } from './platform/queue/dispatcher.ts';
import { deadLetterQueue } from './platform/queue/install.ts';
import type { Consumer } from './platform/queue/queue.ts';
import { errorText } from './platform/telemetry/error-text.ts';
import { type Backend, checkQueue, workQueue } from './routing/backend.ts';

export interface Worker {
  stop(): Promise<void>;
}

interface WorkerParts {
  readonly context: WorkerContext;
  readonly queue: BossQueue;
  readonly listener: Listener;
  readonly backends: readonly Backend[];
  readonly onError: (error: unknown) => void;
}

const checksAtOnce = 16;
const overdueEveryMs = 1_000;
const strandedEveryMs = 60_000;
export const retentionQueue = 'retention';
/** Below 25 s, together with closing connections and the database. */
const graceMs = 19_000;

/** The worker side: takes up queue entries, and sweeps. */
export const startWorker = async ({ context, queue, listener, backends, onError }: WorkerParts): Promise<Worker> => {
  const { log } = context.telemetry;
  const dispatcher = createDispatcher(queue, listener, (error, delivery) =>
    log.error({ job: delivery?.jobId, queue: delivery?.queue, error: errorText(error) }, 'a step failed'),
  );
  const consumers: Consumer[] = backends.flatMap(({ name, concurrency }) => [
    { queue: workQueue(name), concurrency, handler: createAdvance(context, 'work') },
    { queue: checkQueue(name), concurrency: checksAtOnce, handler: createAdvance(context, 'check') },
  ]);
  await queue.schedule(retentionQueue, '*/15 * * * *');
  dispatcher.start([
    ...consumers,
    { queue: deadLetterQueue, concurrency: 2, handler: createDeadLetter(context) },
    {
      queue: retentionQueue,
      concurrency: 1,
      handler: async (delivery) => {
        await deleteExpired(context);
        await context.store.handOver({ delivery });
      },
    },
  ]);
  const timers = [
    every(overdueEveryMs, () => endOverdue(context), onError),
    every(strandedEveryMs, () => requeueStranded(context), onError),
    every(
      strandedEveryMs,
      () =>
        endOrphaned(
          context,
          backends.map(({ name }) => name),
        ),
      onError,
    ),
  ];
  return {
    stop: async () => {
      for (const stop of timers) stop();
      await dispatcher.stop(graceMs);
    },
  };
};

/** One run at a time; a failed one is told, and the next comes. */
const every = (ms: number, work: () => Promise<unknown>, onError: (error: unknown) => void): (() => void) => {
  let stopped = false;
  let timer: NodeJS.Timeout;
  const run = async (): Promise<void> => {
    await work().catch(onError);
    if (!stopped) timer = setTimeout(run, ms);
  };
  timer = setTimeout(run, ms);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
};
