import type { JobView } from '../operations/job.ts';
import type { Storage } from '../platform/storage/storage.ts';
import type { AssetRecord, JobRecord } from './model.ts';
import type { JobWithAttempts } from './store.ts';

const linkSeconds = 3_600;

/** A job as callers see it. Links to results are signed anew at each reading. */
export interface JobPresenter {
  accepted(job: JobRecord): JobView;
  full(found: JobWithAttempts, queuePosition?: number | null): Promise<JobView>;
  asset(asset: AssetRecord): Promise<AssetView>;
}

export interface AssetView {
  readonly id: string;
  readonly object: 'asset';
  readonly content_type: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly url: string;
  readonly expires_at: string;
  readonly created_at: string;
}

interface PresenterParts {
  readonly link: Storage['signedUrl'];
  readonly s3Uri: Storage['s3Uri'];
  readonly publicUrl: () => string;
}

export const createPresenter = ({ link, s3Uri, publicUrl }: PresenterParts): JobPresenter => {
  const base = (job: JobRecord): JobView => ({
    id: job.id,
    object: 'job',
    operation: job.operation,
    status: job.status,
    progress: job.progress,
    queue_position: null,
    provider: job.provider,
    backend: job.backend,
    experiment: null,
    adjustments: job.adjustments,
    attempts: [],
    outputs: [],
    error: job.error,
    cost_usd: job.costUsd,
    timings_ms: { queued: null, prepare: null, provider: null, collect: null, total: null, ...job.timings },
    metadata: job.metadata,
    created_at: job.createdAt.toISOString(),
    started_at: job.startedAt?.toISOString() ?? null,
    finished_at: job.finishedAt?.toISOString() ?? null,
    urls: {
      get: `${publicUrl()}/v1/jobs/${job.id}`,
      events: `${publicUrl()}/v1/jobs/${job.id}/events`,
      cancel: `${publicUrl()}/v1/jobs/${job.id}/cancel`,
    },
  });

  const sign = (asset: AssetRecord) =>
    link(asset.storageKey, { contentType: asset.contentType, expiresInS: linkSeconds });

  const output = async (asset: AssetRecord): Promise<JobView['outputs'][number]> => {
    const { url, expiresAt } = await sign(asset);
    const { id, storageKey, contentType, width, height, bytes, sha256 } = asset;
    return {
      kind: 'image',
      asset_id: id,
      url,
      s3_uri: s3Uri(storageKey),
      expires_at: expiresAt.toISOString(),
      content_type: contentType,
      width,
      height,
      bytes,
      sha256,
    };
  };

  return {
    accepted: base,
    full: async ({ job, attempts, outputs }, queuePosition = null) => ({
      ...base(job),
      queue_position: queuePosition,
      attempts: attempts.map((attempt) => ({
        provider: attempt.provider,
        backend: attempt.backend,
        status: attempt.status,
        upstream_id: attempt.upstreamId,
        cost_usd: attempt.costUsd,
        error: attempt.error,
        started_at: attempt.startedAt.toISOString(),
        finished_at: attempt.finishedAt?.toISOString() ?? null,
      })),
      outputs: await Promise.all(outputs.map(output)),
    }),
    asset: async (asset) => {
      const { url, expiresAt } = await sign(asset);
      const { id, contentType, width, height, bytes, sha256, createdAt } = asset;
      return {
        id,
        object: 'asset',
        content_type: contentType,
        width,
        height,
        bytes,
        sha256,
        url,
        expires_at: expiresAt.toISOString(),
        created_at: createdAt.toISOString(),
      };
    },
  };
};
