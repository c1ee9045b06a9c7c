import type { Adjustment, JobError, JobStatus } from '../operations/job.ts';
import type { CommonFields, ImageSlot, SentImage } from '../operations/operation.ts';
import type { JsonObject, Plan } from '../provider.ts';

/** What the caller asked for, validated; files and `data:` URIs have become `asset_` ids. */
export interface StoredRequest {
  readonly fields: CommonFields & Readonly<Record<string, unknown>>;
  readonly images: readonly SentImage[];
}

export type PlannedWork = Plan;

/** An input made fit for the backend: it lies in storage until the job has ended. */
export interface PreparedImage extends ImageSlot {
  readonly storageKey: string;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

/** What a purchase brought: a handle that the provider can open, or bytes we already hold. */
export type StoredArtifact =
  | { readonly handle: JsonObject }
  | { readonly storageKey: string; readonly contentType: string };

/** Milliseconds. */
export interface Timings {
  readonly queued?: number;
  readonly prepare?: number;
  readonly provider?: number;
  readonly collect?: number;
  readonly total?: number;
}

export interface JobRecord {
  readonly id: string;
  readonly account: string;
  readonly operation: string;
  readonly status: JobStatus;
  readonly version: number;
  readonly sequence: number;
  readonly provider: string;
  readonly backend: string;
  readonly request: StoredRequest;
  readonly plan: PlannedWork;
  readonly prepared: PreparedImage[] | null;
  readonly adjustments: Adjustment[];
  readonly outputs: string[];
  readonly error: JobError | null;
  readonly progress: number;
  readonly costUsd: number | null;
  readonly timings: Timings;
  readonly metadata: Record<string, string>;
  readonly endUser: string | null;
  readonly trace: string | null;
  readonly deadlineAt: Date;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface AttemptRecord {
  readonly id: string;
  readonly jobId: string;
  readonly number: number;
  readonly provider: string;
  readonly backend: string;
  readonly status: 'processing' | 'succeeded' | 'failed' | 'canceled' | 'unknown';
  readonly error: JobError | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

/**
 * `planned` → `starting` → `pending` (a ticket) → `finished` (an artifact) → `collected` (in our storage).
 * Ends too: `failed`, `canceled`, and `unknown`: we may have bought, and cannot find out.
 */
export type PurchaseStatus =
  | 'planned'
  | 'starting'
  | 'pending'
  | 'finished'
  | 'collected'
  | 'failed'
  | 'canceled'
  | 'unknown';

export interface PurchaseRecord {
  readonly id: string;
  readonly attemptId: string;
  readonly jobId: string;
  readonly picture: number;
  readonly stage: number;
  readonly status: PurchaseStatus;
  readonly tries: number;
  readonly entryId: string | null;
  readonly entryAttempt: number | null;
  readonly notBefore: Date | null;
  readonly ticket: JsonObject | null;
  readonly artifact: StoredArtifact | null;
  readonly assetId: string | null;
  readonly upstreamId: string | null;
  readonly checks: number;
  readonly priceUsd: number | null;
  readonly costUsd: number | null;
  readonly error: JobError | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface AssetRecord {
  readonly id: string;
  readonly account: string;
  readonly status: 'ready' | 'awaiting';
  readonly kind: 'upload' | 'result' | 'input' | 'stage';
  readonly jobId: string | null;
  readonly storageKey: string;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** What a caller can name, read and delete; inputs made fit for a backend and results of stages are ours. */
export const isCallers = ({ kind }: AssetRecord): boolean => kind === 'upload' || kind === 'result';

/** Everything a worker needs to decide what comes next for a job. */
export interface JobState {
  readonly job: JobRecord;
  /** The current one; null before the first worker has begun. */
  readonly attempt: AttemptRecord | null;
  /** Of the current attempt, ordered by picture and stage. */
  readonly purchases: readonly PurchaseRecord[];
}
