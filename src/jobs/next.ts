import { isFinal } from '../operations/job.ts';
import type { JobState, PurchaseRecord } from './model.ts';

/** What a worker does next for a job. Pure: the rows and the clock decide, never what a worker remembers. */
export type NextStep =
  | { readonly step: 'begin' }
  | { readonly step: 'prepare' }
  /** Purchases that may be made now. */
  | { readonly step: 'start'; readonly purchases: readonly PurchaseRecord[] }
  /** Somebody went out to buy and did not come back with an answer. */
  | { readonly step: 'resolve'; readonly purchases: readonly PurchaseRecord[] }
  | { readonly step: 'check'; readonly purchases: readonly PurchaseRecord[] }
  | { readonly step: 'collect'; readonly purchases: readonly PurchaseRecord[] }
  | { readonly step: 'wait'; readonly delayMs: number }
  | { readonly step: 'settle' }
  /** The job has ended; what still runs upstream is canceled. */
  | { readonly step: 'tidy' };

export const nextStep = ({ job, attempt, purchases }: JobState, nowMs: number): NextStep => {
  if (isFinal(job.status)) return { step: 'tidy' };
  if (!attempt) return { step: 'begin' };
  if (!job.prepared) return { step: 'prepare' };

  const frontier = [...Map.groupBy(purchases, ({ picture }) => picture).values()].flatMap(frontOf);
  const inState = (status: PurchaseRecord['status']): PurchaseRecord[] =>
    frontier.filter((each) => each.status === status);

  const lost = inState('starting');
  if (lost.some(isDue(nowMs))) return { step: 'resolve', purchases: lost.filter(isDue(nowMs)) };
  const finished = inState('finished');
  if (finished.some(isDue(nowMs))) return { step: 'collect', purchases: finished.filter(isDue(nowMs)) };
  const planned = inState('planned');
  if (planned.some(isDue(nowMs))) return { step: 'start', purchases: planned.filter(isDue(nowMs)) };
  const pending = inState('pending');
  if (pending.some(isDue(nowMs))) return { step: 'check', purchases: pending.filter(isDue(nowMs)) };

  const waiting = [...lost, ...finished, ...planned, ...pending];
  if (waiting.length === 0) return { step: 'settle' };
  const soonest = Math.min(...waiting.map(({ notBefore }) => notBefore?.getTime() ?? nowMs));
  return { step: 'wait', delayMs: Math.max(0, soonest - nowMs) };
};

export const isDue =
  (nowMs: number) =>
  ({ notBefore }: PurchaseRecord): boolean =>
    notBefore === null || notBefore.getTime() <= nowMs;

/** The one purchase of a picture that is at work: its first stage that is not collected, if none before has failed. */
const frontOf = (stages: readonly PurchaseRecord[]): PurchaseRecord[] => {
  const front = [...stages].sort((a, b) => a.stage - b.stage).find(({ status }) => status !== 'collected');
  return front ? [front] : [];
};
