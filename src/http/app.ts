import { OpenAPIHono } from '@hono/zod-openapi';
import { cors } from 'hono/cors';
import { notFound, RestageError } from '../operations/errors.ts';
import { errorText } from '../platform/telemetry/error-text.ts';
import { inTurns } from './file-traffic.ts';
import { access, authenticate } from './middleware/access.ts';
import { negotiate } from './middleware/negotiate.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import type { AppEnv, HttpParts } from './parts.ts';
import { problemResponse } from './problem.ts';
import { registerAbout } from './routes/about.ts';
import { registerAssets } from './routes/assets.ts';
import { registerJobs } from './routes/jobs.ts';
import { registerOperation } from './routes/operations.ts';
import { registerService } from './routes/service.ts';

/**
 * The HTTP side of the gateway. Web standards only: it runs on Node, and can on Lambda and Workers. A worker alone has
 * the `service` routes: health and metrics.
 */
export const createApp = (
  parts: HttpParts,
  version: string,
  routes: 'all' | 'service' = 'all',
): OpenAPIHono<AppEnv> => {
  const app = new OpenAPIHono<AppEnv>();
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' });
  app.use(access(parts));
  app.use(securityHeaders(() => parts.publicUrl().startsWith('https:')));
  if (parts.corsOrigins.length > 0) {
    app.use('/v1/*', allowOrigins(parts.corsOrigins, ['GET', 'POST', 'DELETE']));
    app.use('/files/*', allowOrigins(parts.corsOrigins, ['GET', 'PUT']));
  }
  app.use('/v1/*', authenticate(parts), negotiate());

  if (routes === 'all') {
    for (const operation of parts.operations) registerOperation(app, parts, operation);
    registerJobs(app, parts);
    registerAssets(app, parts);
    registerAbout(app, parts);
  }
  registerService(app, { ...parts, serveFile: inTurns(parts.serveFile) }, version);

  const methodsOf = methodTable(app);
  app.notFound((context) => {
    const methods = methodsOf(context.req.path);
    const error =
      methods.includes(context.req.method) || methods.length === 0
        ? notFound(`${context.req.method} ${context.req.path.slice(0, 200)}`)
        : new RestageError('method_not_allowed', `This path takes ${methods.join(', ')}.`, {
            headers: { allow: methods.join(', ') },
          });
    return problemResponse(error, context.get('requestId') ?? '', context.res.headers);
  });
  app.onError((thrown, context) => {
    const error = thrown instanceof RestageError ? thrown : parts.translate(thrown);
    const requestId = context.get('requestId') ?? '';
    if (error instanceof RestageError) {
      if (error.cause)
        parts.telemetry.log.debug(
          { request: requestId, code: error.code, cause: String(error.cause) },
          'request refused',
        );
      return problemResponse(error, requestId, context.res.headers);
    }
    if (context.req.raw.signal.aborted) {
      const gone = new RestageError('invalid_request', 'The connection was closed before the answer.');
      return problemResponse(gone, requestId, context.res.headers);
    }
    parts.telemetry.log.error({ request: requestId, error: errorText(thrown) }, 'unexpected error');
    return problemResponse(
      new RestageError('internal', 'Something went wrong here. Tell us the request id.'),
      requestId,
      context.res.headers,
    );
  });
  return app;
};

const allowOrigins = (origins: readonly string[], allowMethods: string[]) =>
  cors({
    origin: [...origins],
    allowMethods,
    allowHeaders: [
      'authorization',
      'content-type',
      'idempotency-key',
      'prefer',
      'x-api-key',
      'x-request-id',
      'last-event-id',
    ],
    exposeHeaders: ['location', 'retry-after', 'x-request-id', 'idempotency-replayed', 'preference-applied'],
    maxAge: 600,
  });

/** Which methods a path has, for 405 and its `Allow`. */
const methodTable = (app: OpenAPIHono<AppEnv>): ((path: string) => string[]) => {
  const table = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => ({
      method,
      pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+').replace(/\*/g, '.*')}$`),
    }));
  return (path) => [...new Set(table.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
};
