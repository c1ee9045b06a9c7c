import { overloaded, RestageError } from '../operations/errors.ts';
import { imagesOf, type Operation, type SentImage } from '../operations/operation.ts';
import { newId } from '../platform/ids.ts';
import type { Telemetry } from '../platform/telemetry/telemetry.ts';
import type { PlanRequest } from '../provider.ts';
import { workQueue } from '../routing/backend.ts';
import { type Choice, choose, type Routing } from '../routing/choose.ts';
import { createBatcher } from './batcher.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type Intake, pointedAt } from './intake.ts';
import type { AssetRecord, JobRecord } from './model.ts';
import type { Acceptance, IdempotencyClaim, JobStore, NewJob } from './store.ts';

export interface AcceptRequest {
  readonly account: string;
  readonly operation: Operation;
  /** Validated. Multipart files stand as the `asset_` ids of `uploads`. */
  readonly fields: PlanRequest<unknown>['fields'];
  readonly uploads: readonly AssetRecord[];
  /** Backends the caller named, in order. */
  readonly named: readonly string[] | null;
  readonly idempotency: { readonly route: string; readonly key: string } | null;
  readonly signal: AbortSignal;
}

export type Accepted =
  | { readonly job: JobRecord; readonly replayed: false }
  | { readonly jobId: string; readonly replayed: true };

export interface Accept {
  /** Chooses and plans, and stores and buys nothing. */
  plan(request: AcceptRequest): Promise<Choice>;
  accept(request: AcceptRequest): Promise<Accepted>;
}

interface AcceptParts {
  readonly store: JobStore;
  readonly intake: Intake;
  readonly routing: () => Routing;
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

const keyLifeMs = 24 * 3_600_000;
const assetId = /^asset_[0-9a-z]{26}$/;
const longestShown = 64;

export const createAccept = ({ store, intake, routing, telemetry, now }: AcceptParts): Accept => {
  const commits = createBatcher<NewJob, Acceptance>((batch) => store.accept(batch), {
    mostItems: 256,
    atOnce: Number(process.env.QC ?? 1),
    mostWaiting: 4_096,
  });
  const lookups = createBatcher((wanted: readonly { account: string; id: string }[]) => store.assets(wanted), {
    mostItems: 512,
    atOnce: Number(process.env.QL ?? 1),
    mostWaiting: 8_192,
  });

  const planOf = ({ operation, fields, named }: AcceptRequest): Choice =>
    choose(routing(), operation, fields, imagesOf(operation, fields), named);

  const checkAssets = async (request: AcceptRequest, images: readonly SentImage[]): Promise<void> => {
    const named = images.filter(
      ({ source }) => source.startsWith('asset_') && !request.uploads.some(({ id }) => id === source),
    );
    const found = await Promise.all(
      named.map(async (image) => {
        const { source: id } = image;
        const asset = assetId.test(id) ? await lookups.add({ account: request.account, id }) : null;
        if (asset?.status !== 'awaiting') return asset;
        return intake.ready(request.account, id).catch((error: unknown) => {
          throw pointedAt(pointerOf(request.operation, image), error);
        });
      }),
    );
    const errors = named.flatMap((image, index) =>
      found[index]
        ? []
        : {
            pointer: pointerOf(request.operation, image),
            message: `${image.source.slice(0, longestShown)} does not exist`,
          },
    );
    if (errors.length > 0)
      throw new RestageError('invalid_request', 'The request names assets that do not exist.', { errors });
  };

  return {
    plan: async (request) => {
      const choice = planOf(request);
      await checkAssets(request, imagesOf(request.operation, request.fields));
      return choice;
    },
    accept: async (request) => {
      if (commits.full()) throw overloaded('Too many requests wait to be stored. Try again shortly.', 1);
      const choice = planOf(request);
      const sent = imagesOf(request.operation, request.fields);
      await checkAssets(request, sent);
      const inline = await keepInline(intake, request, sent);
      const files = [...request.uploads, ...inline.assets];
      const discard = () => Promise.allSettled(files.map((asset) => intake.discard(asset)));

      const job = newJob(request, choice, inline.fields, now(), telemetry.traceparent());
      const idempotency = request.idempotency && (await claimOf(request, inline.fields, files, now()));
      const outcome = await commits
        .add({ job, idempotency, queue: workQueue(choice.backend.name) })
        .catch(async (error: unknown) => {
          await discard();
          throw error;
        });
      if (outcome.outcome === 'created') {
        telemetry.metrics.accepted(job.operation, job.backend);
        return { job, replayed: false };
      }
      await discard();
      if (outcome.outcome === 'replayed') return { jobId: outcome.jobId, replayed: true };
      if (outcome.outcome === 'refused') throw outcome.error;
      throw new RestageError(
        'idempotency_conflict',
        'This Idempotency-Key was used for another request in the last 24 hours. Use a new key.',
      );
    },
  };
};

const newJob = (
  { account, operation }: AcceptRequest,
  { backend, plan, adjustments }: Choice,
  fields: AcceptRequest['fields'],
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

/** `data:` URIs become assets, so that a job's row stays small whatever the picture. */
const keepInline = async (
  intake: Intake,
  { account, fields, signal, operation }: AcceptRequest,
  sent: readonly SentImage[],
): Promise<{ fields: AcceptRequest['fields']; assets: AssetRecord[] }> => {
  const inline = sent.filter(({ source }) => source.startsWith('data:'));
  if (inline.length === 0) return { fields, assets: [] };
  const assets = new Map<string, AssetRecord>();
  for (const image of inline) {
    if (assets.has(image.source)) continue;
    try {
      assets.set(image.source, await intake.keepFrom(account, image.source, signal));
    } catch (error) {
      await Promise.allSettled([...assets.values()].map((asset) => intake.discard(asset)));
      throw pointedAt(pointerOf(operation, image), error);
    }
  }
  const replaced = new Map([...assets].map(([source, { id }]) => [source, id]));
  return { fields: replaceStrings(fields, replaced), assets: [...assets.values()] };
};

const replaceStrings = <Value>(value: Value, replaced: ReadonlyMap<string, string>): Value => {
  if (typeof value === 'string') return (replaced.get(value) ?? value) as Value;
  if (Array.isArray(value)) return value.map((each) => replaceStrings(each, replaced)) as Value;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaceStrings(each, replaced)])) as Value;
};

const claimOf = async (
  { idempotency, operation, named }: AcceptRequest,
  fields: AcceptRequest['fields'],
  files: readonly AssetRecord[],
  nowMs: number,
): Promise<IdempotencyClaim | null> => {
  if (!idempotency) return null;
  // Files count by what they hold: the same file sent twice is the same request.
  const hashes = new Map(files.map(({ id, sha256 }) => [id, `sha256:${sha256}`]));
  const fingerprint = await fingerprintOf({ operation: operation.name, named, fields: replaceStrings(fields, hashes) });
  return { ...idempotency, fingerprint, expiresAt: new Date(nowMs + keyLifeMs) };
};

const pointerOf = (operation: Operation, { role, index }: SentImage): string => {
  const { path, max } = operation.images.find((each) => each.role === role) ?? { path: [role], max: 1 };
  return `/${path.join('/')}${max > 1 ? `/${index}` : ''}`;
};
