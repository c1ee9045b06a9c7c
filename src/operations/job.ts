/**
 * The words of the business. One idea, one word, everywhere:
 *
 * operation  what a caller asks for (`compose`, `relight`, `background`)
 * provider   an adapter to one service
 * backend    a provider with fixed options and settings, by an operator's name
 * job        one request for one operation, from acceptance to its final state
 * attempt    one try of a job at one backend
 * purchase   one paid upstream exchange: one stage of one picture of an attempt
 * ticket     the opaque JSON a provider returns for work that goes on upstream
 * asset      an image the gateway keeps: an uploaded input or a result
 * adjustment what happened to one request field on its way to a provider
 */
import { z } from '@hono/zod-openapi';
import { errorCodes } from './errors.ts';

export const jobStatuses = ['queued', 'processing', 'succeeded', 'failed', 'canceled'] as const;
export type JobStatus = (typeof jobStatuses)[number];

export const isFinal = (status: JobStatus): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'canceled';

export const adjustmentSchema = z
  .object({
    field: z.string().meta({ description: 'The request field, as a dotted path' }),
    action: z.enum(['mapped', 'approximated', 'dropped']),
    provider: z.string(),
    detail: z.string(),
  })
  .openapi('Adjustment');
export type Adjustment = z.infer<typeof adjustmentSchema>;

export const jobErrorSchema = z
  .object({
    code: z.enum(errorCodes),
    message: z.string(),
    retryable: z.boolean(),
    provider: z.string().optional(),
    stage: z.enum(['input', 'output']).optional(),
  })
  .openapi('JobError');
export type JobError = z.infer<typeof jobErrorSchema>;

const time = z.iso.datetime();

export const attemptSchema = z
  .object({
    provider: z.string(),
    backend: z.string(),
    status: z.enum(['processing', 'succeeded', 'failed', 'canceled', 'unknown']),
    upstream_id: z.string().nullable(),
    cost_usd: z.number().nullable(),
    error: jobErrorSchema.nullable(),
    started_at: time,
    finished_at: time.nullable(),
  })
  .openapi('Attempt');

export const outputSchema = z
  .object({
    kind: z.literal('image'),
    asset_id: z.string(),
    url: z.url(),
    s3_uri: z.string().nullable(),
    expires_at: time.meta({ description: 'When `url` stops working; read the job again for a new one' }),
    content_type: z.string(),
    width: z.int(),
    height: z.int(),
    bytes: z.int(),
    sha256: z.string(),
  })
  .openapi('Output');

export const jobSchema = z
  .object({
    id: z.string(),
    object: z.literal('job'),
    operation: z.string(),
    status: z.enum(jobStatuses),
    progress: z.number().min(0).max(1),
    queue_position: z.int().nullable(),
    provider: z.string().nullable(),
    backend: z.string().nullable(),
    experiment: z.object({ name: z.string(), arm: z.string() }).nullable(),
    adjustments: z.array(adjustmentSchema),
    attempts: z.array(attemptSchema),
    outputs: z.array(outputSchema),
    error: jobErrorSchema.nullable(),
    cost_usd: z.number().nullable(),
    timings_ms: z.object({
      queued: z.int().nullable(),
      prepare: z.int().nullable(),
      provider: z.int().nullable(),
      collect: z.int().nullable(),
      total: z.int().nullable(),
    }),
    metadata: z.record(z.string(), z.string()),
    created_at: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
    urls: z.object({ get: z.url(), events: z.url(), cancel: z.url() }),
  })
  .openapi('Job');
export type JobView = z.infer<typeof jobSchema>;

export const planSchema = z
  .object({
    object: z.literal('plan'),
    provider: z.string(),
    adjustments: z.array(adjustmentSchema),
    cost_usd: z.number(),
    expected_s: z.number(),
    wire: z.array(z.record(z.string(), z.unknown())).meta({
      description: 'What would be sent, stage by stage; images appear as references',
    }),
    eligible: z.array(z.string()),
    ineligible: z.array(z.object({ provider: z.string(), reasons: z.array(z.string()) })),
  })
  .openapi('Plan');
