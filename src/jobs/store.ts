import type { JobError, JobStatus } from '../operations/job.ts';
import type { Delivery } from '../platform/queue/queue.ts';
import type {
  AssetRecord,
  AttemptRecord,
  JobRecord,
  JobState,
  PreparedImage,
  PurchaseRecord,
  Timings,
} from './model.ts';

export interface IdempotencyClaim {
  readonly route: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly expiresAt: Date;
}

export interface NewJob {
  readonly job: JobRecord;
  readonly idempotency: IdempotencyClaim | null;
  readonly queue: string;
}

export type Acceptance =
  | { readonly outcome: 'created' | 'replayed'; readonly jobId: string }
  /** The key was used for another request. */
  | { readonly outcome: 'conflict' }
  /** The database cannot store this one. */
  | { readonly outcome: 'refused'; readonly error: unknown };

export interface JobFilter {
  readonly account: string;
  readonly status?: JobStatus;
  readonly operation?: string;
  /** Only jobs older than this id. */
  readonly before?: string;
  readonly limit: number;
}

export interface JobWithAttempts {
  readonly job: JobRecord;
  readonly attempts: readonly (AttemptRecord & {
    readonly upstreamId: string | null;
    readonly costUsd: number | null;
  })[];
  readonly outputs: readonly AssetRecord[];
}

export interface PurchaseChange {
  readonly status?: PurchaseRecord['status'];
  readonly ticket?: PurchaseRecord['ticket'];
  readonly artifact?: PurchaseRecord['artifact'];
  readonly assetId?: string;
  readonly upstreamId?: string | null;
  readonly checks?: number;
  readonly notBefore?: Date | null;
  readonly costUsd?: number | null;
  readonly error?: JobError | null;
  readonly finishedAt?: Date;
}

export interface Ending {
  readonly status: 'succeeded' | 'failed' | 'canceled';
  readonly error: JobError | null;
  readonly outputs: readonly string[];
  readonly adjustments?: JobRecord['adjustments'];
  readonly costUsd: number | null;
  readonly timings: Timings;
  readonly attempt: AttemptRecord['status'];
}

/** When a worker looks at the job again; in the same transaction the delivery at hand is completed. */
export interface Next {
  readonly delivery: Delivery;
  readonly again?: { readonly queue: string; readonly delayMs: number };
}

/**
 * All durable facts about jobs. Every change of a job compares its `version` and throws `StaleError` when another
 * worker, a cancel or a deadline was first; every change of a purchase compares its status and answers false.
 */
export interface JobStore {
  /** One commit for the whole batch: idempotency rows, jobs, queue entries. */
  accept(batch: readonly NewJob[]): Promise<Acceptance[]>;
  /** The job that the key already stands for, or its conflict; null while the key is free. */
  holderOf(account: string, claim: IdempotencyClaim): Promise<Acceptance | null>;
  load(jobId: string): Promise<JobState | null>;
  statusOf(jobId: string): Promise<JobStatus | null>;
  read(account: string, jobId: string): Promise<JobWithAttempts | null>;
  list(filter: JobFilter): Promise<JobWithAttempts[]>;
  /** How many queued jobs of the same backend are older; counts to 1000. */
  queuePosition(job: JobRecord): Promise<number>;

  /** `queued` → `processing`, with a new attempt and its planned purchases. */
  begin(
    job: JobRecord,
    attempt: AttemptRecord,
    purchases: readonly PurchaseRecord[],
    delivery: Delivery,
  ): Promise<void>;
  savePrepared(job: JobRecord, prepared: readonly PreparedImage[], timings: Timings): Promise<void>;
  /** `planned` → `starting`, committed before the first byte leaves; refused unless the delivery is still held. */
  beginStart(job: JobRecord, purchases: readonly PurchaseRecord[], delivery: Delivery, now: Date): Promise<void>;
  /** False when the purchase no longer has the expected status. */
  savePurchase(purchase: PurchaseRecord, change: PurchaseChange): Promise<boolean>;
  /** Completes the delivery, and makes the next entry. */
  handOver(next: Next): Promise<void>;
  saveProgress(jobId: string, progress: number): Promise<void>;
  end(job: JobRecord, ending: Ending, next: Next | null): Promise<void>;
  /** Ends a job for a reason from outside (cancel, deadline, dead letter); wakes a worker to tidy up upstream. */
  endFromOutside(job: JobRecord, ending: Ending, cleanupQueue: string): Promise<void>;

  saveAsset(asset: AssetRecord): Promise<void>;
  /** Makes an asset that was promised; false when it was made or deleted meanwhile, and then nothing is changed. */
  fulfilAsset(asset: AssetRecord): Promise<boolean>;
  /** In the order of the ids; null for unknown ones and those of other accounts. */
  assets(requests: readonly { account: string; id: string }[]): Promise<(AssetRecord | null)[]>;
  /** Storage keys of assets of a kind that belong to a job. */
  assetsOfJob(jobId: string): Promise<AssetRecord[]>;
  deleteAssets(ids: readonly string[]): Promise<void>;

  /** Jobs not ended although their deadline passed before `now`. */
  overdue(now: Date, limit: number): Promise<JobRecord[]>;
  /** Jobs not ended, without a queue entry, untouched since `before`. */
  stranded(before: Date, limit: number): Promise<JobRecord[]>;
  requeue(job: JobRecord, queue: string): Promise<void>;
  /** Jobs not ended, accepted before this time, for backends that are none of these. */
  ofOtherBackends(names: readonly string[], before: Date, limit: number): Promise<JobRecord[]>;
  isHeld(entryId: string, attempt: number): Promise<boolean>;
  expiredAssets(now: Date, limit: number): Promise<AssetRecord[]>;
  /** Deletes jobs that ended before this time, and idempotency keys that ran out. Answers how many jobs. */
  deleteJobsBefore(finishedBefore: Date, now: Date, limit: number): Promise<number>;
  /** For metrics. */
  counts(): Promise<{ queued: Record<string, number>; unknownPurchases: number }>;
}
