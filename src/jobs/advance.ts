import { isFinal } from '../operations/job.ts';
import { ClaimLostError, type Delivery, type Handler, StaleError } from '../platform/queue/queue.ts';
import { checkQueue, workQueue } from '../routing/backend.ts';
import type { Pass, StepOutcome, WorkerContext } from './context.ts';
import { overdueEnding } from './ending.ts';
import type { JobState } from './model.ts';
import { type NextStep, nextStep } from './next.ts';
import { begin } from './steps/begin.ts';
import { check } from './steps/check.ts';
import { collect } from './steps/collect.ts';
import { prepare } from './steps/prepare.ts';
import { resolve } from './steps/resolve.ts';
import { settle } from './steps/settle.ts';
import { start } from './steps/start.ts';
import { tidy } from './steps/tidy.ts';
import { watchJob } from './watch.ts';

/** `work`: everything. `check`: only what is quick; the rest is handed to the work queue. */
export type Lane = 'work' | 'check';

const quick: readonly NextStep['step'][] = ['check', 'wait', 'settle', 'tidy'];
/** Another worker or a cancel was first: the rows are read again. More often than this is a fault. */
const mostStaleReads = 20;

/** Carries a job as far as it goes now: the rows say what is next, each step stores what it did, until it must wait. */
export const createAdvance = (context: WorkerContext, lane: Lane): Handler => {
  return async (delivery, signal) => {
    const end = new AbortController();
    const watched = watchJob(context.watch, delivery.jobId);
    void abortWhenEnded(context, delivery, watched, end);
    try {
      await advance(context, lane, delivery, AbortSignal.any([signal, end.signal]), signal);
    } finally {
      watched.end();
      end.abort();
    }
  };
};

const advance = async (
  context: WorkerContext,
  lane: Lane,
  delivery: Delivery,
  signal: AbortSignal,
  claim: AbortSignal,
): Promise<void> => {
  for (let stale = 0; stale < mostStaleReads && !claim.aborted; ) {
    const state = await context.store.load(delivery.jobId);
    if (!state) return context.store.handOver({ delivery });
    try {
      if ((await pass(context, lane, state, delivery, signal)) === 'handed_over') return;
    } catch (error) {
      if (error instanceof ClaimLostError) return;
      // A cancel or the deadline ended the job under our hands: what is left to tidy is for a delivery of its own.
      if (signal.aborted && !claim.aborted)
        return context.store.handOver({ delivery, again: { queue: delivery.queue, delayMs: 0 } });
      if (!(error instanceof StaleError)) throw error;
      stale += 1;
    }
  }
  if (!claim.aborted) throw new Error(`job ${delivery.jobId} does not hold still`);
};

const pass = async (
  context: WorkerContext,
  lane: Lane,
  state: JobState,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<StepOutcome> => {
  const { job } = state;
  const now = context.now();
  const backend = context.backend(job.backend);
  if (!backend) throw new Error(`a delivery for the backend ${job.backend}, which is not set up here`);
  if (!isFinal(job.status) && now >= job.deadlineAt.getTime()) return endOverdueJob(context, state);
  const next = nextStep(state, now);
  if (lane === 'check' && !quick.includes(next.step)) {
    await context.store.handOver({ delivery, again: { queue: workQueue(job.backend), delayMs: 0 } });
    return 'handed_over';
  }

  const timeLeft = new AbortController();
  const timer = setTimeout(
    () => timeLeft.abort(new Error('the deadline passed')),
    Math.max(0, job.deadlineAt.getTime() - now),
  );
  const started = performance.now();
  try {
    return await context.telemetry.span(
      `job ${next.step}`,
      { parent: job.trace, attributes: { 'restage.job': job.id } },
      () =>
        take(next, context, {
          state,
          backend,
          delivery,
          signal: isFinal(job.status) ? signal : AbortSignal.any([signal, timeLeft.signal]),
        }),
    );
  } finally {
    clearTimeout(timer);
    context.telemetry.metrics.step(next.step, job.backend, (performance.now() - started) / 1_000);
  }
};

const take = (next: NextStep, context: WorkerContext, passing: Pass): Promise<StepOutcome> => {
  switch (next.step) {
    case 'begin':
      return begin(context, passing);
    case 'prepare':
      return prepare(context, passing);
    case 'start':
      return start(context, passing, next.purchases);
    case 'resolve':
      return resolve(context, passing, next.purchases);
    case 'check':
      return check(context, passing, next.purchases);
    case 'collect':
      return collect(context, passing, next.purchases);
    case 'settle':
      return settle(context, passing);
    case 'tidy':
      return tidy(context, passing);
    case 'wait':
      return wait(context, passing, next.delayMs);
  }
};

const wait = async ({ store }: WorkerContext, { state, delivery }: Pass, delayMs: number): Promise<StepOutcome> => {
  const { backend } = state.job;
  const asksOnly = state.purchases.every(({ status }) => status !== 'finished' && status !== 'planned');
  await store.handOver({ delivery, again: { queue: asksOnly ? checkQueue(backend) : workQueue(backend), delayMs } });
  return 'handed_over';
};

const endOverdueJob = async ({ store }: WorkerContext, state: JobState): Promise<StepOutcome> => {
  await store.end(state.job, overdueEnding(state), null);
  return 'again';
};

/** A cancel or a deadline, made by any process, ends the exchange that is under way here. */
const abortWhenEnded = async (
  { store }: WorkerContext,
  { jobId }: Delivery,
  watched: ReturnType<typeof watchJob>,
  end: AbortController,
): Promise<void> => {
  while (!end.signal.aborted) {
    await watched.next(30_000, end.signal);
    if (end.signal.aborted) return;
    const status = await store.statusOf(jobId).catch(() => null);
    if (status && isFinal(status)) end.abort(new Error('the job has ended'));
  }
};
