import { z } from '@hono/zod-openapi';
import type { InputProblem } from '../operations/errors.ts';
import { commonFields, type Operation } from '../operations/operation.ts';
import type { PlanRequest } from '../provider.ts';
import { escapePointer } from './body.ts';
import { invalid } from './problem.ts';

/** The whole body of an operation: its own fields and those of every operation. Unknown fields are errors. */
export const bodySchema = (operation: Operation): z.ZodObject =>
  z
    .strictObject({ ...operation.fields.shape, ...commonFields.shape })
    .openapi(`${operation.name[0]?.toUpperCase()}${operation.name.slice(1)}Request`);

export const problemsOf = (error: z.ZodError, unknown = 'is not a field of this request'): InputProblem[] =>
  error.issues.flatMap((issue) => {
    const pointer = issue.path.map((key) => `/${escapePointer(key)}`).join('');
    if (issue.code !== 'unrecognized_keys') return [{ pointer, message: issue.message }];
    return issue.keys.map((key) => ({
      pointer: `${pointer}/${escapePointer(key)}`,
      message: unknown,
    }));
  });

/** What is missing is said so; everything else in zod's words. */
export const requiredMessage = (issue: { code?: string; input?: unknown }): string | undefined =>
  issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : undefined;

/** Checks a body against schema and further rules, those across fields and `more`; throws every problem at once. */
export const createValidator = (
  operation: Operation,
  more: (value: Readonly<Record<string, unknown>>) => readonly InputProblem[],
) => {
  const schema = bodySchema(operation);
  return (value: unknown): PlanRequest<unknown>['fields'] => {
    const parsed = schema.safeParse(value, { error: requiredMessage });
    const problems = parsed.success ? [] : problemsOf(parsed.error);
    const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
    const body = value as Record<string, unknown>;
    const rules = isObject ? [...operation.check(body), ...more(body)] : [];
    const known = new Set(problems.map(({ pointer }) => pointer));
    const all = [...problems, ...rules.filter(({ pointer }) => !known.has(pointer))];
    if (!parsed.success || all.length > 0) throw invalid(all);
    return parsed.data as PlanRequest<unknown>['fields'];
  };
};

export const parseQuery = <Schema extends z.ZodObject>(schema: Schema, request: Request): z.infer<Schema> => {
  const { searchParams } = new URL(request.url);
  const repeated = [...new Set(searchParams.keys())]
    .filter((name) => searchParams.getAll(name).length > 1)
    .map((name) => ({ pointer: `?${name}`, message: 'may be given once' }));
  const parsed = schema.safeParse(Object.fromEntries(searchParams));
  if (parsed.success && repeated.length === 0) return parsed.data;
  const others = parsed.success ? [] : problemsOf(parsed.error, 'is not a parameter of this request');
  throw invalid([...repeated, ...others.map(({ pointer, message }) => ({ pointer: `?${pointer.slice(1)}`, message }))]);
};
