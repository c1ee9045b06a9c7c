import { newId } from '../../platform/ids.ts';
import type { Step } from '../context.ts';
import type { AttemptRecord, PurchaseRecord } from '../model.ts';

/** Opens the attempt: one planned purchase for each stage of each picture. Nothing is spent. */
export const begin: Step = async ({ store, now }, { state: { job }, backend, delivery }) => {
  const attempt: AttemptRecord = {
    id: newId('attempt'),
    jobId: job.id,
    number: 1,
    provider: job.provider,
    backend: backend.name,
    status: 'processing',
    error: null,
    startedAt: new Date(now()),
    finishedAt: null,
  };
  const pictures = Array.from({ length: job.request.fields.count ?? 1 }, (_, picture) => picture);
  const planned = pictures.flatMap((picture) =>
    job.plan.stages.map(({ costUsd }, stage) => plannedPurchase(attempt, picture, stage, costUsd)),
  );
  await store.begin(job, attempt, planned, delivery);
  return 'again';
};

const plannedPurchase = (
  attempt: AttemptRecord,
  picture: number,
  stage: number,
  priceUsd: number | null,
): PurchaseRecord => ({
  id: newId('purchase'),
  attemptId: attempt.id,
  jobId: attempt.jobId,
  picture,
  stage,
  status: 'planned',
  tries: 0,
  entryId: null,
  entryAttempt: null,
  notBefore: null,
  ticket: null,
  artifact: null,
  assetId: null,
  upstreamId: null,
  checks: 0,
  priceUsd,
  costUsd: null,
  error: null,
  startedAt: null,
  finishedAt: null,
});
