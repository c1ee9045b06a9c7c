import { sql } from 'drizzle-orm';
import {
  bigint,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { PlannedWork, PreparedImage, StoredArtifact, StoredRequest, Timings } from '../../jobs/model.ts';
import type { Adjustment, JobError } from '../../operations/job.ts';
import type { JsonObject } from '../../provider.ts';

const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });

export const jobs = pgTable(
  'jobs',
  {
    id: text('id').primaryKey(),
    account: text('account').notNull(),
    operation: text('operation').notNull(),
    status: text('status').notNull(),
    /** The fence: every state change compares and raises it, so that a stale worker's write is refused. */
    version: integer('version').notNull().default(0),
    /** Raised by every change a caller can see, progress included: the id of server-sent events. */
    sequence: integer('sequence').notNull().default(0),
    provider: text('provider').notNull(),
    backend: text('backend').notNull(),
    request: jsonb('request').$type<StoredRequest>().notNull(),
    plan: jsonb('plan').$type<PlannedWork>().notNull(),
    prepared: jsonb('prepared').$type<PreparedImage[]>(),
    adjustments: jsonb('adjustments').$type<Adjustment[]>().notNull(),
    outputs: jsonb('outputs').$type<string[]>().notNull().default([]),
    error: jsonb('error').$type<JobError>(),
    progress: doublePrecision('progress').notNull().default(0),
    costUsd: doublePrecision('cost_usd'),
    timings: jsonb('timings').$type<Timings>().notNull().default({}),
    metadata: jsonb('metadata').$type<Record<string, string>>().notNull(),
    endUser: text('end_user'),
    /** W3C traceparent of the request that made the job. */
    trace: text('trace'),
    deadlineAt: time('deadline_at').notNull(),
    createdAt: time('created_at').notNull(),
    startedAt: time('started_at'),
    finishedAt: time('finished_at'),
  },
  (table) => [
    index('jobs_account').on(table.account, table.id.desc()),
    index('jobs_waiting').on(table.backend, table.id).where(sql`status = 'queued'`),
    index('jobs_running').on(table.deadlineAt).where(sql`status in ('queued', 'processing')`),
    index('jobs_finished').on(table.finishedAt).where(sql`finished_at is not null`),
  ],
);

export const attempts = pgTable(
  'attempts',
  {
    id: text('id').primaryKey(),
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    number: integer('number').notNull(),
    provider: text('provider').notNull(),
    backend: text('backend').notNull(),
    status: text('status').notNull(),
    error: jsonb('error').$type<JobError>(),
    startedAt: time('started_at').notNull(),
    finishedAt: time('finished_at'),
  },
  (table) => [uniqueIndex('attempts_job').on(table.jobId, table.number)],
);

export const purchases = pgTable(
  'purchases',
  {
    /** Sent to the provider as our id wherever it takes one. */
    id: text('id').primaryKey(),
    attemptId: text('attempt_id')
      .notNull()
      .references(() => attempts.id, { onDelete: 'cascade' }),
    jobId: text('job_id').notNull(),
    picture: integer('picture').notNull(),
    stage: integer('stage').notNull(),
    /** The fence of the purchase: every change names the status it expects. */
    status: text('status').notNull(),
    /** How often `start` was tried; more than once only on proof that nothing was bought. */
    tries: integer('tries').notNull().default(0),
    /** The queue entry, and its delivery, that went out to buy. */
    entryId: uuid('entry_id'),
    entryAttempt: integer('entry_attempt'),
    notBefore: time('not_before'),
    ticket: jsonb('ticket').$type<JsonObject>(),
    artifact: jsonb('artifact').$type<StoredArtifact>(),
    assetId: text('asset_id'),
    upstreamId: text('upstream_id'),
    /** How often the ticket was asked about, or the result copied, since the last success of either. */
    checks: integer('checks').notNull().default(0),
    priceUsd: doublePrecision('price_usd'),
    costUsd: doublePrecision('cost_usd'),
    error: jsonb('error').$type<JobError>(),
    startedAt: time('started_at'),
    finishedAt: time('finished_at'),
  },
  (table) => [
    uniqueIndex('purchases_place').on(table.attemptId, table.picture, table.stage),
    index('purchases_job').on(table.jobId),
    index('purchases_unknown').on(table.startedAt).where(sql`status = 'unknown'`),
  ],
);

export const assets = pgTable(
  'assets',
  {
    id: text('id').primaryKey(),
    account: text('account').notNull(),
    /** `ready`, or `awaiting` a presigned upload. */
    status: text('status').notNull(),
    /** `upload` and `result` are the caller's; `input` and `stage` are ours and live no longer than their job. */
    kind: text('kind').notNull(),
    jobId: text('job_id'),
    storageKey: text('storage_key').notNull(),
    contentType: text('content_type').notNull(),
    width: integer('width').notNull(),
    height: integer('height').notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    sha256: text('sha256').notNull(),
    createdAt: time('created_at').notNull(),
    expiresAt: time('expires_at').notNull(),
  },
  (table) => [
    index('assets_expiry').on(table.expiresAt),
    index('assets_job').on(table.jobId).where(sql`job_id is not null`),
  ],
);

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    account: text('account').notNull(),
    /** Method and path. */
    route: text('route').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of the query and the parsed fields. */
    fingerprint: text('fingerprint').notNull(),
    jobId: text('job_id').notNull(),
    expiresAt: time('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.account, table.route, table.key] }),
    index('idempotency_expiry').on(table.expiresAt),
  ],
);

/** What all processes of a gateway have to know and nobody else. Base64url. */
export const secrets = pgTable('secrets', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
});
