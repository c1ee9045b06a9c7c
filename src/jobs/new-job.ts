import { imagesOf, type Operation } from '../operations/operation.ts';
import { newId } from '../platform/ids.ts';
import type { PlanRequest } from '../provider.ts';
import type { Choice } from '../routing/choose.ts';
import type { JobRecord } from './model.ts';

export const newJob = (
  { account, operation }: { account: string; operation: Operation },
  { backend, plan, adjustments }: Choice,
  fields: PlanRequest<unknown>['fields'],
  nowMs: number,
  trace: string | null,
): JobRecord => {
  const longest = backend.provider.manifest.operations[operation.name]?.maxSeconds ?? 900;
  return {
    id: newId('job'),
    account,
    operation: operation.name,
    status: 'queued',
    version: 0,
    sequence: 0,
    provider: backend.provider.id,
    backend: backend.name,
    request: { fields, images: imagesOf(operation, fields) },
    plan,
    prepared: null,
    adjustments,
    outputs: [],
    error: null,
    progress: 0,
    costUsd: null,
    timings: {},
    metadata: fields.metadata ?? {},
    endUser: fields.user ?? null,
    trace,
    deadlineAt: new Date(nowMs + (fields.deadline_s ?? longest) * 1_000),
    createdAt: new Date(nowMs),
    startedAt: null,
    finishedAt: null,
  };
};
