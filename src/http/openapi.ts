import type { OpenAPIHono, z } from '@hono/zod-openapi';
import type { AppEnv } from './parts.ts';
import { problemSchema } from './problem.ts';

export const security = [{ key: [] }, {}];

export const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
});

const meanings: Record<number, string> = {
  400: 'The request is not valid; every problem at once',
  401: 'A valid API key is required',
  404: 'There is no such thing, or it is not yours',
  409: 'The job has already ended',
  408: 'It came too slowly',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Understood, but it cannot be done',
  503: 'Busy; try again after Retry-After seconds',
};

export const problems = (...statuses: number[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: meanings[status] ?? '', content: { 'application/problem+json': { schema: problemSchema } } },
    ]),
  );

/** The whole contract; `openapi.yaml` is this, written down. */
export const openApiDocument = (app: OpenAPIHono<AppEnv>, version: string) =>
  app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Restage',
      version,
      description:
        'Put a person, their clothes and a place into one picture; give a product another background, or another light.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    tags: [{ name: 'Operations' }, { name: 'Jobs' }, { name: 'Assets' }, { name: 'About' }],
  });
