import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Capability } from '../../provider.ts';
import type { Backend } from '../../routing/backend.ts';
import { json, problems, security } from '../openapi.ts';
import type { AppEnv, HttpParts } from '../parts.ts';
import { bodySchema } from '../validate.ts';

const capabilitySchema = z.object({
  images: z.record(z.string(), z.int()).openapi({ description: 'Image roles it takes, and how many of each' }),
  fields: z.array(z.string()),
  output_formats: z.array(z.string()),
  max_input_side: z.int(),
  expected_s: z.number(),
  max_s: z.number(),
});

const providerSchema = z
  .object({
    name: z.string(),
    provider: z.string(),
    title: z.string(),
    operations: z.record(z.string(), capabilitySchema),
    options: z.record(z.string(), z.unknown()).openapi({ description: 'JSON Schema of `options.<provider>`' }),
    health: z.enum(['ok']),
  })
  .openapi('Provider');

const operationSchema = z
  .object({
    name: z.string(),
    summary: z.string(),
    description: z.string(),
    images: z.array(
      z.object({ role: z.string(), field: z.string(), max: z.int(), required: z.boolean(), description: z.string() }),
    ),
    examples: z.array(z.object({ summary: z.string(), body: z.record(z.string(), z.unknown()) })),
    outputs: z.object({ kind: z.literal('image') }),
    schema: z.record(z.string(), z.unknown()).openapi({ description: 'JSON Schema of the body' }),
  })
  .openapi('Operation');

/** What this gateway can do, for programs. */
export const registerAbout = (app: OpenAPIHono<AppEnv>, { routing, operations }: HttpParts): void => {
  const listed = operations.map((operation) => ({
    name: operation.name,
    summary: operation.summary,
    description: operation.description,
    images: operation.images.map(({ role, path, max, required, description }) => ({
      role,
      field: path.join('.'),
      max,
      required,
      description,
    })),
    examples: operation.examples,
    outputs: operation.outputs,
    schema: z.toJSONSchema(bodySchema(operation), { io: 'input', unrepresentable: 'any' }),
  }));
  app.get('/v1/operations', (context) => context.json({ object: 'list', data: listed, next_cursor: null }));
  app.get('/v1/providers', (context) =>
    context.json({ object: 'list', data: routing().backends.map(view), next_cursor: null }),
  );

  const common = { tags: ['About'], security, method: 'get' as const };
  const page = <Schema extends z.ZodType>(schema: Schema) =>
    z.object({ object: z.literal('list'), data: z.array(schema), next_cursor: z.null() });
  app.openAPIRegistry.registerPath({
    ...common,
    path: '/v1/providers',
    operationId: 'listProviders',
    summary: 'Capabilities and limits of the backends',
    responses: { 200: json('Backends', page(providerSchema)), ...problems(401) },
  });
  app.openAPIRegistry.registerPath({
    ...common,
    path: '/v1/operations',
    operationId: 'listOperations',
    summary: 'The operations and their schemas',
    responses: { 200: json('Operations', page(operationSchema)), ...problems(401) },
  });
};

const view = ({ name, provider }: Backend): z.infer<typeof providerSchema> => ({
  name,
  provider: provider.id,
  title: provider.manifest.title,
  operations: Object.fromEntries(
    Object.entries(provider.manifest.operations).map(([operation, capability]) => [
      operation,
      capabilityView(capability),
    ]),
  ),
  options: z.toJSONSchema(provider.options as z.ZodType, { io: 'input', unrepresentable: 'any' }) as Record<
    string,
    unknown
  >,
  health: 'ok',
});

const capabilityView = (capability: Capability): z.infer<typeof capabilitySchema> => ({
  images: { ...capability.images },
  fields: [...capability.fields],
  output_formats: [...capability.outputFormats],
  max_input_side: capability.maxInputSide,
  expected_s: capability.expectedSeconds,
  max_s: capability.maxSeconds,
});
