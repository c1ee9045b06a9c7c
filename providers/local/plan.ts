import { gatewayFields, valueAt } from '../../src/operations/operation.ts';
import { type JsonObject, type Plan, type PlanRequest, ProviderError, type Stage } from '../../src/provider.ts';
import { type Rule, rules } from './fields.ts';
import type { LocalOptions } from './options.ts';
import { drawWire } from './requests.ts';

/** Seconds for one picture at 1024 pixels on a laptop's core. */
export const expectedSeconds: Readonly<Record<string, number>> = { relight: 2, background: 2, compose: 3 };

/** Dotted paths of everything sent, down to the leaves; lists count as one. */
const sentPaths = (fields: Readonly<Record<string, unknown>>, prefix = ''): string[] =>
  Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined || (prefix === '' && gatewayFields.has(name))) return [];
    const path = prefix + name;
    const nested = value !== null && typeof value === 'object' && !Array.isArray(value);
    return nested ? sentPaths(value as Record<string, unknown>, `${path}.`) : [path];
  });

const unknownField: Rule = () => ({ action: 'dropped', detail: 'The local provider has no use for it.' });

export const plan = (request: PlanRequest<LocalOptions>): Plan => {
  const own = rules[request.operation];
  if (own === undefined) throw new ProviderError('provider_rejected', `No local way to do ${request.operation}.`);
  const adjustments = sentPaths(request.fields).flatMap((field) => {
    const rule = own[field] ?? unknownField;
    const said = rule(valueAt(request.fields, field.split('.')), request);
    return said === undefined ? [] : [{ field, ...said }];
  });
  const wire = drawWire(request);
  const stage: Stage = {
    name: 'draw',
    inputs: request.images.map(({ role, index }) => ({ role, index })),
    wire: wire as unknown as JsonObject,
    costUsd: 0,
  };
  return { stages: [stage], adjustments, expectedSeconds: expectedSeconds[request.operation] ?? 3 };
};
