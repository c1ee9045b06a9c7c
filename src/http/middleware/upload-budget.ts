import type { MiddlewareHandler } from 'hono';
import { BodyShare, streamBytes } from '../body-budget.ts';

/** Direct uploads to the file store count like every other body that streams. */
export const uploadBudget = (): MiddlewareHandler =>
  async function uploadBudget(context, next) {
    if (context.req.method !== 'PUT') return next();
    using share = new BodyShare();
    share.take(streamBytes);
    await next();
  };
