import type { MiddlewareHandler } from 'hono';
import { RestageError } from '../../operations/errors.ts';

/** The API answers JSON (and event streams where it says so): who can read neither is told at once. */
export const negotiate = (): MiddlewareHandler =>
  async function negotiate(context, next) {
    const accept = context.req.header('accept');
    if (accept && !/(\*\/\*|application\/(\*|json|problem\+json)|text\/event-stream)/i.test(accept)) {
      throw new RestageError('not_acceptable', 'This route answers application/json. Change the Accept header.');
    }
    await next();
  };
