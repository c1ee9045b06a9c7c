import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { AssetRecord } from '../../jobs/model.ts';
import { RestageError } from '../../operations/errors.ts';
import { isFinal, jobSchema, planSchema } from '../../operations/job.ts';
import type { Operation } from '../../operations/operation.ts';
import type { Choice } from '../../routing/choose.ts';
import { mostWordsBytes } from '../body.ts';
import { BodyShare } from '../body-budget.ts';
import { placesOf } from '../image-places.ts';
import { keepWritten, readJsonBody } from '../json-body.ts';
import { readMultipart } from '../multipart.ts';
import { json, problems, security } from '../openapi.ts';
import { optionProblems } from '../options.ts';
import type { AppContext, AppEnv, HttpParts } from '../parts.ts';
import { waitSeconds } from '../prefer.ts';
import { invalid } from '../problem.ts';
import { readJob, waitForJob } from '../read-job.ts';
import type { ReadBody } from '../uploads.ts';
import { bodySchema, createValidator, parseQuery } from '../validate.ts';

const mostFullImages = 4;
const backendName = /^[a-z0-9][a-z0-9-]{0,63}$/;

const querySchema = z.strictObject({
  provider: z
    .string()
    .transform((value) => value.split(','))
    .refine((names) => names.every((name) => backendName.test(name)) && new Set(names).size === names.length, {
      message: 'must name backends, each once, with "," between them',
    })
    .optional()
    .openapi({
      type: 'string',
      description: 'This backend, without a fallback; several in their order',
      example: 'local',
    }),
  dry_run: z.enum(['true', 'false']).optional().openapi({ description: 'Choose, plan and price; send nothing' }),
});

/** `POST /v1/{operation}`: validate, choose, plan, and make a job. */
export const registerOperation = (app: OpenAPIHono<AppEnv>, parts: HttpParts, operation: Operation): void => {
  const path = `/v1/${operation.name}`;
  const places = placesOf(operation);
  const validate = createValidator(operation, ({ options }) => optionProblems(parts.routing(), options));
  describe(app, path, operation);

  app.post(path, async (context) => {
    const query = parseQuery(querySchema, context.req.raw);
    const idempotency = keyOf(context, path);
    const account = context.get('account');
    const options = { account, intake: parts.intake, places, maxImageBytes: parts.limits.maxImageBytes };
    const uploads: AssetRecord[] = [];
    let handedOn = false;
    const accept = async (): Promise<Response | Accepted> => {
      using share = new BodyShare();
      const body = await readBody(context, operation, { ...options, share });
      uploads.push(...body.uploads);
      const fields = validate(body.value);
      await keepWritten(fields, uploads, options);
      const request = { account, operation, fields, uploads, named: query.provider ?? null, idempotency };
      if (query.dry_run === 'true') return context.json(planView(await parts.accept.plan(request)), 200);
      handedOn = true;
      return parts.accept.accept(request);
    };
    try {
      const accepted = await accept();
      return accepted instanceof Response ? accepted : await answer(context, parts, accepted);
    } finally {
      if (!handedOn) await Promise.allSettled(uploads.map((asset) => parts.intake.discard(asset)));
    }
  });
};

type Accepted = Awaited<ReturnType<HttpParts['accept']['accept']>>;

const answer = async (context: AppContext, parts: HttpParts, accepted: Accepted): Promise<Response> => {
  const account = context.get('account');
  const jobId = accepted.replayed ? accepted.jobId : accepted.job.id;
  const wait = waitSeconds(context.req.header('prefer'));
  if (accepted.replayed) context.header('idempotency-replayed', 'true');
  context.header('location', `/v1/jobs/${jobId}`);
  if (wait !== null) {
    context.header('preference-applied', `wait=${wait}`);
    const job = await waitForJob(parts, account, jobId, wait, context.req.raw.signal).catch((error: unknown) => {
      // It is accepted: an error now would invite the caller to send it again.
      if (accepted.replayed) throw error;
      return parts.presenter.accepted(accepted.job);
    });
    if (isFinal(job.status)) return context.json(job, 201);
    context.header('retry-after', '1');
    return context.json(job, 202);
  }
  context.header('retry-after', '1');
  return context.json(
    accepted.replayed ? await readJob(parts, account, jobId) : parts.presenter.accepted(accepted.job),
    202,
  );
};

const readBody = (
  context: AppContext,
  operation: Operation,
  options: Omit<Parameters<typeof readJsonBody>[1], 'images'>,
): Promise<ReadBody> => {
  const request = context.req.raw;
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  // Bodies stream, so they may bring several images of full size.
  const images = Math.min(
    operation.images.reduce((sum, { max }) => sum + max, 0),
    mostFullImages,
  );
  if (type === 'application/json') return readJsonBody(request, { ...options, images });
  if (type === 'multipart/form-data') {
    const maxBytes = images * options.maxImageBytes + mostWordsBytes;
    return readMultipart(request, { ...options, schema: bodySchema(operation), maxBytes });
  }
  throw new RestageError('unsupported_media_type', 'Send the body as application/json or multipart/form-data.', {
    headers: { 'accept-post': 'application/json, multipart/form-data' },
  });
};

const keyOf = (context: AppContext, path: string): { route: string; key: string } | null => {
  const key = context.req.header('idempotency-key');
  if (key === undefined) return null;
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw invalid([{ pointer: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }]);
  return { route: `POST ${path}`, key };
};

const planView = ({ backend, plan, adjustments, costUsd, eligible, ineligible }: Choice) => ({
  object: 'plan' as const,
  provider: backend.name,
  adjustments,
  cost_usd: costUsd,
  expected_s: plan.expectedSeconds,
  wire: plan.stages.map(({ name, wire }) => ({ stage: name, ...wire })),
  eligible,
  ineligible,
});

const describe = (app: OpenAPIHono<AppEnv>, path: string, operation: Operation): void => {
  const schema = bodySchema(operation);
  const examples = Object.fromEntries(
    operation.examples.map(({ summary, body }) => [summary, { summary, value: body }]),
  );
  app.openAPIRegistry.registerPath({
    method: 'post',
    path,
    operationId: operation.name,
    tags: ['Operations'],
    summary: operation.summary,
    description: operation.description,
    security,
    request: {
      query: querySchema,
      headers: z.object({
        'idempotency-key': z
          .string()
          .max(255)
          .optional()
          .openapi({ description: 'Same key and same request within 24 hours: the first job' }),
        prefer: z.string().optional().openapi({ description: 'Wait for the result', example: 'wait=30' }),
      }),
      body: {
        required: true,
        content: { 'application/json': { schema, examples }, 'multipart/form-data': { schema } },
      },
    },
    responses: {
      200: json('The plan of a dry run', planSchema),
      201: json('The finished job, with Prefer: wait', jobSchema),
      202: json('The job, which goes on', jobSchema),
      ...problems(400, 401, 408, 413, 415, 422, 503),
    },
  });
};
