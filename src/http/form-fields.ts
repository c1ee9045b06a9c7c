import { z } from '@hono/zod-openapi';
import type { InputProblem } from '../operations/errors.ts';

export interface TextField {
  readonly name: string;
  readonly text: string;
}

/**
 * Forms have only text: the schema says what it means. Names are those of the JSON body; `light.direction` and
 * `light[direction]` reach inside. A part named `input` may hold the whole JSON body instead.
 */
export const placeFields = (
  schema: z.ZodObject,
  texts: readonly TextField[],
  files: readonly { name: string; value: string }[],
): { value: Record<string, unknown>; problems: InputProblem[] } => {
  const problems: InputProblem[] = [];
  const value: Record<string, unknown> = {};
  for (const { name, text } of texts) {
    if (name !== 'input') continue;
    const parsed = parseJson(text);
    if (parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)) Object.assign(value, parsed);
    else problems.push({ pointer: '/input', message: 'must be a JSON object' });
  }
  const entries = [
    ...texts
      .filter(({ name }) => name !== 'input')
      .map(({ name, text }) => ({ path: pathOf(name), text, value: undefined })),
    ...files.map(({ name, value: id }) => ({ path: pathOf(name), text: null, value: id })),
  ];
  for (const { path, text, value: id } of entries) {
    const target = path.includes('__proto__') ? undefined : fieldAt(schema, path);
    const pointer = `/${path.join('/')}`;
    if (!target) problems.push({ pointer, message: 'is not a field of this request' });
    else if (!place(value, path, text === null ? id : meaning(target, text), isList(target))) {
      problems.push({ pointer, message: 'is given more than once' });
    }
  }
  return { value, problems };
};

const pathOf = (name: string): string[] =>
  name
    .replace(/\[\]$/, '')
    .replace(/\[(.+?)\]/g, '.$1')
    .split('.');

const bare = (schema: unknown): unknown => {
  let each = schema;
  while (each instanceof z.ZodOptional || each instanceof z.ZodNullable || each instanceof z.ZodDefault)
    each = each.unwrap();
  return each;
};

const fieldAt = (schema: z.ZodObject, path: readonly string[]): unknown =>
  path.reduce<unknown>((each, key) => {
    const field = bare(each);
    if (field instanceof z.ZodObject) return Object.hasOwn(field.shape, key) ? field.shape[key] : undefined;
    return field instanceof z.ZodRecord ? field.valueType : undefined;
  }, schema);

const isList = (field: unknown): boolean => bare(field) instanceof z.ZodArray;

/** What does not look like the wanted type stays text; validation then says so. */
const meaning = (field: unknown, text: string): unknown => {
  const type = bare(field);
  if (type instanceof z.ZodNumber) return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  if (type instanceof z.ZodBoolean) return text === 'true' ? true : text === 'false' ? false : text;
  if (type instanceof z.ZodObject || type instanceof z.ZodRecord) return parseJson(text) ?? text;
  return text;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const place = (target: Record<string, unknown>, path: readonly string[], value: unknown, asList: boolean): boolean => {
  const last = path.at(-1) as string;
  let at = target;
  for (const key of path.slice(0, -1)) {
    if (!Object.hasOwn(at, key)) at[key] = {};
    const inner = at[key];
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return false;
    at = inner as Record<string, unknown>;
  }
  if (asList) {
    const list = at[last] ?? [];
    if (!Array.isArray(list)) return false;
    at[last] = [...list, value];
    return true;
  }
  if (Object.hasOwn(at, last)) return false;
  at[last] = value;
  return true;
};
