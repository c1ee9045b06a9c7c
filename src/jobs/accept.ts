import type { Images } from '../images/images.ts';
import { overloaded, RestageError } from '../operations/errors.ts';
import { imagesOf, type Operation, pointerOf, type SentImage } from '../operations/operation.ts';
import type { Telemetry } from '../platform/telemetry/telemetry.ts';
import type { PlanRequest } from '../provider.ts';
import { workQueue } from '../routing/backend.ts';
import { type Choice, choose, type Routing } from '../routing/choose.ts';
import { createBatcher } from './batcher.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type Intake, pointedAt } from './intake.ts';
import { type AssetRecord, isCallers, type JobRecord } from './model.ts';
import { newJob } from './new-job.ts';
import type { Acceptance, IdempotencyClaim, JobStore, NewJob } from './store.ts';

export interface AcceptRequest {
  readonly account: string;
  readonly operation: Operation;
  /** Validated. Files and `data:` URIs stand as the `asset_` ids of `uploads`. */
  readonly fields: PlanRequest<unknown>['fields'];
  readonly uploads: readonly AssetRecord[];
  /** Backends the caller named, in order. */
  readonly named: readonly string[] | null;
  readonly idempotency: { readonly route: string; readonly key: string } | null;
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
  readonly images: Pick<Images, 'check'>;
  readonly routing: () => Routing;
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

const keyLifeMs = 24 * 3_600_000;
const assetId = /^asset_[0-9a-z]{26}$/;
const longestShown = 64;

export const createAccept = ({ store, intake, images, routing, telemetry, now }: AcceptParts): Accept => {
  const commits = createBatcher<NewJob, Acceptance>((batch) => store.accept(batch), {
    mostItems: 256,
    mostWaiting: 4_096,
  });
  const lookups = createBatcher((wanted: readonly { account: string; id: string }[]) => store.assets(wanted), {
    mostItems: 512,
    mostWaiting: 8_192,
  });

  const planOf = ({ operation, fields, named }: AcceptRequest): Choice =>
    choose(routing(), operation, fields, imagesOf(operation, fields), named);

  const checkAssets = async (request: AcceptRequest, sent: readonly SentImage[]): Promise<void> => {
    const named = sent.filter(
      ({ source }) => source.startsWith('asset_') && !request.uploads.some(({ id }) => id === source),
    );
    const found = await Promise.all(
      named.map(async (image) => {
        const { source: id } = image;
        const asset = assetId.test(id) ? await lookups.add({ account: request.account, id }) : null;
        if (!asset || !isCallers(asset)) return null;
        if (asset.status !== 'awaiting') return asset;
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

  /** What can never be fetched is refused now, not in the worker. */
  const checkAddresses = ({ operation }: AcceptRequest, sent: readonly SentImage[]): void => {
    for (const image of sent) {
      if (/^(?:asset_|data:)/.test(image.source)) continue;
      try {
        images.check(image.source);
      } catch (error) {
        throw pointedAt(pointerOf(operation, image), error);
      }
    }
  };

  const plan = async (request: AcceptRequest): Promise<Choice> => {
    const choice = planOf(request);
    const sent = imagesOf(request.operation, request.fields);
    checkAddresses(request, sent);
    await checkAssets(request, sent);
    return choice;
  };

  /** Nothing of the request is kept unless it becomes a job. */
  const commit = async (request: AcceptRequest, planned: Choice | null): Promise<Accepted> => {
    const claim = await claimOf(request, now());
    const earlier = claim && (await store.holderOf(request.account, claim));
    if (earlier) return answerOf(earlier);
    const choice = planned ?? (await plan(request));
    const job = newJob(request, choice, request.fields, now(), telemetry.traceparent());
    const outcome = await commits.add({ job, idempotency: claim, queue: workQueue(choice.backend.name) });
    if (outcome.outcome !== 'created') return answerOf(outcome);
    telemetry.metrics.accepted(job.operation, job.backend);
    return { job, replayed: false };
  };

  return {
    plan,
    accept: async (request) => {
      const discard = () => Promise.allSettled(request.uploads.map((asset) => intake.discard(asset)));
      try {
        if (commits.full()) throw overloaded('Too many requests wait to be stored. Try again shortly.', 1);
        // A request that comes again is answered by its first job, whatever has become of its inputs since.
        const accepted = await commit(request, request.idempotency ? null : await plan(request));
        if (accepted.replayed) await discard();
        return accepted;
      } catch (error) {
        // Any other error may have hidden a commit: then the job has its files, else retention deletes them.
        if (error instanceof RestageError) await discard();
        throw error;
      }
    },
  };
};

const answerOf = (outcome: Acceptance): Accepted => {
  if (outcome.outcome === 'refused') throw outcome.error;
  if (outcome.outcome === 'conflict') {
    throw new RestageError(
      'idempotency_conflict',
      'This Idempotency-Key was used for another request in the last 24 hours. Use a new key.',
    );
  }
  return { jobId: outcome.jobId, replayed: true };
};

const claimOf = async (
  { idempotency, operation, named, fields, uploads }: AcceptRequest,
  nowMs: number,
): Promise<IdempotencyClaim | null> => {
  if (!idempotency) return null;
  // Files count by what they hold: the same file sent twice is the same request.
  const hashes = new Map(uploads.map(({ id, sha256 }) => [id, `sha256:${sha256}`]));
  const fingerprint = await fingerprintOf({ operation: operation.name, named, fields }, hashes);
  return { ...idempotency, fingerprint, expiresAt: new Date(nowMs + keyLifeMs) };
};
