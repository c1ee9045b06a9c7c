import type { MiddlewareHandler } from 'hono';

const always: readonly [string, string][] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['x-frame-options', 'DENY'],
];
/** Browsers take these from https alone; over http the second is an error on the console. */
const overHttps: readonly [string, string][] = [
  ['strict-transport-security', 'max-age=31536000'],
  ['cross-origin-opener-policy', 'same-origin'],
];

/** For every answer; a route that has set its own policy keeps it. */
export const securityHeaders = (isHttps: () => boolean): MiddlewareHandler =>
  async function securityHeaders(context, next) {
    await next();
    const { headers } = context.res;
    for (const [name, value] of always) if (!headers.has(name)) headers.set(name, value);
    if (!headers.has('content-security-policy'))
      headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    if (isHttps()) for (const [name, value] of overHttps) headers.set(name, value);
  };
