import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { notFound, RestageError } from '../../operations/errors.ts';
import { docsPage, docsPolicy, docsStart } from '../docs-page.ts';
import { keyOf } from '../middleware/access.ts';
import { openApiDocument } from '../openapi.ts';
import type { AppEnv, HttpParts } from '../parts.ts';

/** Health, metrics, the contract and its page, and files: what needs no API key. */
export const registerService = (app: OpenAPIHono<AppEnv>, parts: HttpParts, version: string): void => {
  const answers = {
    200: { description: 'Yes', content: { 'application/json': { schema: z.object({ status: z.string() }) } } },
  };
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/healthz',
    operationId: 'alive',
    tags: ['About'],
    summary: 'Is the process alive?',
    responses: answers,
  });
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/readyz',
    operationId: 'ready',
    tags: ['About'],
    summary: 'Can it take work?',
    responses: { ...answers, 503: { description: 'Not now; the body says why', content: answers[200].content } },
  });

  app.get('/healthz', (context) => context.json({ status: 'alive' }));
  app.get('/readyz', async (context) => {
    const { ready, checks } = await parts.ready();
    if (!ready) context.header('retry-after', '1');
    return context.json({ status: ready ? 'ready' : 'not ready', checks }, ready ? 200 : 503);
  });
  app.get('/metrics', async (context) => {
    if (!parts.isAdmin(keyOf(context.req.header('authorization'), context.req.header('x-api-key')))) {
      throw new RestageError('forbidden', 'The metrics are for keys of ADMIN_KEYS.');
    }
    const { text, contentType } = await parts.metricsText();
    return context.body(text, 200, { 'content-type': contentType });
  });

  let document: ReturnType<typeof openApiDocument> | undefined;
  app.get('/openapi.json', (context) => {
    document ??= openApiDocument(app, version);
    return context.json(document);
  });
  app.get('/', (context) => context.redirect('/docs', 302));
  app.get('/docs', (context) => context.html(docsPage, 200, { 'content-security-policy': docsPolicy }));
  app.get('/docs/start.js', (context) =>
    context.body(docsStart, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  );
  app.get('/docs/:file', async (context) => {
    const found = await parts.docsFile(context.req.param('file'));
    if (!found) throw notFound('This page');
    const body = found.body as ReadableStream<Uint8Array>;
    return context.body(body, 200, { 'content-type': found.contentType, 'cache-control': 'public, max-age=86400' });
  });

  app.on(['GET', 'PUT'], '/files/*', (context) => parts.serveFile(context.req.raw));
};
