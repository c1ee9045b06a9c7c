import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { RestageError } from '../../operations/errors.ts';
import type { AppEnv, HttpParts } from '../parts.ts';

const requestIdPattern = /^[\w.:-]{8,128}$/;

/** An id for each request (the caller's own, if it looks like one), a log line, a metric. */
export const access = ({
  telemetry,
  newRequestId,
}: Pick<HttpParts, 'telemetry' | 'newRequestId'>): MiddlewareHandler<AppEnv> =>
  async function access(context, next) {
    const started = performance.now();
    const sent = context.req.header('x-request-id');
    const requestId = sent && requestIdPattern.test(sent) ? sent : newRequestId();
    context.set('requestId', requestId);
    const { method, path } = context.req;
    await telemetry.span(
      `${method} ${path.split('/').slice(0, 3).join('/')}`,
      { parent: context.req.header('traceparent') ?? null },
      next,
    );
    context.res.headers.set('x-request-id', requestId);
    const seconds = (performance.now() - started) / 1_000;
    const route = routePath(context, -1);
    telemetry.metrics.request(method, route, context.res.status, seconds);
    telemetry.log.info(
      {
        request: requestId,
        method,
        route,
        status: context.res.status,
        ms: Math.round(seconds * 1_000),
        account: context.get('account'),
      },
      'request',
    );
  };

/** Bearer or `x-api-key`. Who comes without one is anonymous where no keys are set. */
export const authenticate = ({ authenticate: accountOf }: Pick<HttpParts, 'authenticate'>): MiddlewareHandler<AppEnv> =>
  async function authenticate(context, next) {
    const key = keyOf(context.req.header('authorization'), context.req.header('x-api-key'));
    const account = accountOf(key);
    if (account === null) {
      throw new RestageError('unauthenticated', 'Send your API key as "Authorization: Bearer <key>".', {
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    context.set('account', account);
    await next();
  };

export const keyOf = (authorization: string | undefined, header: string | undefined): string | null => {
  const [scheme, token] = authorization?.split(' ') ?? [];
  return (scheme?.toLowerCase() === 'bearer' ? token : header) ?? null;
};
