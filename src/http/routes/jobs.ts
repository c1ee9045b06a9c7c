import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { watchJob } from '../../jobs/watch.ts';
import { isFinal, jobSchema, jobStatuses } from '../../operations/job.ts';
import { json, problems, security } from '../openapi.ts';
import type { AppContext, AppEnv, HttpParts } from '../parts.ts';
import { invalid } from '../problem.ts';
import { checkedJobId, findJob, readJob } from '../read-job.ts';
import { parseQuery } from '../validate.ts';

const idParam = z.object({ id: z.string().openapi({ example: 'job_01k9w2m4c8x5e7q3r6t1v0y2z4' }) });
const defaultHeartbeatMs = 15_000;

export const registerJobs = (app: OpenAPIHono<AppEnv>, parts: HttpParts): void => {
  describe(app);
  app.get('/v1/jobs', (context) => list(context, parts));
  app.get('/v1/jobs/:id', async (context) => {
    const job = await readJob(parts, context.get('account'), context.req.param('id'));
    if (!isFinal(job.status)) context.header('retry-after', '1');
    return context.json(job);
  });
  app.get('/v1/jobs/:id/events', (context) => events(context, parts, context.req.param('id')));
  app.post('/v1/jobs/:id/cancel', async (context) => {
    const [account, id] = [context.get('account'), checkedJobId(context.req.param('id'))];
    await parts.cancel(account, id);
    return context.json(await readJob(parts, account, id));
  });
};

const listQuery = z.strictObject({
  status: z.enum(jobStatuses).optional(),
  operation: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'must be the name of an operation')
    .optional(),
  limit: z.coerce.number().int().min(1).max(100).optional().openapi({ type: 'integer', description: 'Default 20' }),
  cursor: z.string().max(128).optional().openapi({ description: '`next_cursor` of the page before' }),
});

const list = async (context: AppContext, { store, presenter }: HttpParts): Promise<Response> => {
  const { status, operation, limit = 20, cursor } = parseQuery(listQuery, context.req.raw);
  const before = cursor === undefined ? undefined : decodeCursor(cursor);
  const found = await store.list({
    account: context.get('account'),
    limit: limit + 1,
    ...(status && { status }),
    ...(operation && { operation }),
    ...(before && { before }),
  });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return context.json({
    object: 'list',
    data: await Promise.all(page.map((each) => presenter.full(each))),
    next_cursor: found.length > limit && last ? encodeCursor(last.job.id) : null,
  });
};

const encodeCursor = (id: string): string => btoa(id).replaceAll('=', '');
const decodeCursor = (cursor: string): string => {
  try {
    const id = atob(cursor);
    if (/^job_[0-9a-z]{26}$/.test(id)) return id;
  } catch {
    // Not base64: the same answer.
  }
  throw invalid([{ pointer: '?cursor', message: 'is not a cursor of this list' }]);
};

/** The job at each change. The id of an event is the job's sequence, so that a reader who comes back misses nothing. */
const events = async (context: AppContext, parts: HttpParts, id: string): Promise<Response> => {
  const account = context.get('account');
  const { job } = await findJob(parts, account, id);
  let seen = Number.parseInt(context.req.header('last-event-id') ?? '', 10);
  // An id of another stream, or none at all: from the beginning.
  if (!Number.isInteger(seen) || seen > job.sequence) seen = -1;
  // Tells an EventSource to stop coming back.
  if (isFinal(job.status) && job.sequence <= seen) return context.body(null, 204);

  const response = streamSSE(context, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const enough = AbortSignal.any([gone.signal, parts.stopping]);
    const watched = watchJob(parts.watch, id);
    try {
      while (!enough.aborted) {
        const found = await parts.store.read(account, id);
        if (!found) return;
        if (found.job.sequence > seen) {
          seen = found.job.sequence;
          await stream.writeSSE({
            event: 'job',
            id: String(seen),
            data: JSON.stringify(await parts.presenter.full(found)),
          });
        } else await stream.write(': heartbeat\n\n');
        if (isFinal(found.job.status)) return;
        await watched.next(parts.heartbeatMs ?? defaultHeartbeatMs, enough);
      }
    } finally {
      watched.end();
    }
  });
  response.headers.set('cache-control', 'no-store');
  // Proxies such as nginx would hold events back.
  response.headers.set('x-accel-buffering', 'no');
  return response;
};

const describe = (app: OpenAPIHono<AppEnv>): void => {
  const { openAPIRegistry: registry } = app;
  const common = { tags: ['Jobs'], security };
  const page = z
    .object({ object: z.literal('list'), data: z.array(jobSchema), next_cursor: z.string().nullable() })
    .openapi('JobList');
  registry.registerPath({
    ...common,
    method: 'get',
    path: '/v1/jobs',
    operationId: 'listJobs',
    summary: 'List jobs, newest first',
    request: { query: listQuery },
    responses: { 200: json('Jobs', page), ...problems(400, 401) },
  });
  registry.registerPath({
    ...common,
    method: 'get',
    path: '/v1/jobs/{id}',
    operationId: 'getJob',
    summary: 'Read a job',
    request: { params: idParam },
    responses: { 200: json('The job', jobSchema), ...problems(401, 404) },
  });
  registry.registerPath({
    ...common,
    method: 'get',
    path: '/v1/jobs/{id}/events',
    operationId: 'watchJob',
    summary: 'Follow a job until it ends',
    description: 'Server-sent events: `event: job` with the job as data at each change. `Last-Event-ID` resumes.',
    request: { params: idParam, headers: z.object({ 'last-event-id': z.string().optional() }) },
    responses: {
      200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
      204: { description: 'Nothing more will happen' },
      ...problems(401, 404),
    },
  });
  registry.registerPath({
    ...common,
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    operationId: 'cancelJob',
    summary: 'Cancel a job',
    request: { params: idParam },
    responses: { 200: json('The canceled job', jobSchema), ...problems(401, 404, 409) },
  });
};
