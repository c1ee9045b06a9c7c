import { operations } from '../operations/index.gen.ts';
import { createApp } from './app.ts';
import { openApiDocument } from './openapi.ts';
import type { HttpParts } from './parts.ts';

/** The contract without a running gateway: routes describe themselves when they are registered, and nothing is called. */
export const describeContract = (version: string) => {
  const nothing = new Proxy({}, { get: () => () => undefined }) as HttpParts;
  const parts = {
    ...nothing,
    operations,
    corsOrigins: [],
    serveFile: null,
    routing: () => ({ backends: [], routes: {} }),
  } as unknown as HttpParts;
  return openApiDocument(createApp(parts, version), version);
};
