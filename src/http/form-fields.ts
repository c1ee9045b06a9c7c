import { z } from '@hono/zod-openapi';
import type { InputProblem } from '../operations/errors.ts';
import { escapePointer, unsafeIn } from './body.ts';

export interface TextField {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface FileField {
  readonly name: string;
  /** Of the asset it became. */
  readonly id: string;
}

/**
 * Forms have only text: the schema says what it means. Names are those of the JSON body; `light.direction` and
 * `light[direction]` reach inside. A part named `input` may hold the whole JSON body instead.
 */
export const placeFields = (
  schema: z.ZodObject,
  texts: readonly TextField[],
  files: readonly FileField[],
): { value: Record<string, unknown>; problems: InputProblem[] } => {
  const { value, problems } = inputOf(texts.filter(({ name }) => name === 'input'));
  const placed = (name: string, found: (field: unknown) => unknown): void => {
    const path = pathOf(name);
    const pointer = pointerOf(path);
    const field = path.includes('__proto__') ? undefined : fieldAt(schema, path);
    const content = field === undefined ? new Problem('is not a field of this request') : found(field);
    if (content instanceof Problem) problems.push({ pointer, message: content.message });
    else if (!place(value, path, content, isList(field)))
      problems.push({ pointer, message: 'is given more than once' });
  };
  for (const { name, bytes } of texts) if (name !== 'input') placed(name, (field) => meaningOf(field, bytes));
  for (const { name, id } of files) placed(name, (field) => (isImage(field) ? id : new Problem('takes no file')));
  return { value, problems };
};

/** Where a file stands in the body it becomes; in a list, behind those of the same name. */
export const pointerOfFile = (schema: z.ZodObject, name: string, before: readonly string[]): string => {
  const path = pathOf(name);
  const pointer = pointerOf(path);
  if (!isList(fieldAt(schema, path))) return pointer;
  return `${pointer}/${before.filter((each) => pointerOf(pathOf(each)) === pointer).length}`;
};

class Problem {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

const inputOf = (parts: readonly TextField[]): { value: Record<string, unknown>; problems: InputProblem[] } => {
  const [part, another] = parts;
  if (!part) return { value: {}, problems: [] };
  if (another) return { value: {}, problems: [{ pointer: '/input', message: 'is given more than once' }] };
  const parsed = parseJson(textOf(part.bytes) ?? '');
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed))
    return { value: {}, problems: [{ pointer: '/input', message: 'must be a JSON object' }] };
  // Before anything is copied: a key `__proto__` would not be a field of the copy.
  const problems = unsafeIn(parsed);
  return { value: problems.length > 0 ? {} : { ...parsed }, problems };
};

const pathOf = (name: string): string[] =>
  name
    .replace(/\[\]$/, '')
    .replace(/\[([^[\]]+)\]/g, '.$1')
    .split('.');

const pointerOf = (path: readonly string[]): string => path.map((key) => `/${escapePointer(key)}`).join('');

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

const isImage = (field: unknown): boolean => {
  const type = bare(field);
  if (type instanceof z.ZodArray) return isImage(type.element);
  return type instanceof z.ZodString && type.meta()?.format === 'restage-image';
};

/** What does not look like the wanted type stays text; validation then says so. */
const meaningOf = (field: unknown, bytes: Uint8Array): unknown => {
  const text = textOf(bytes);
  if (text === null) return new Problem('is not valid UTF-8');
  const type = bare(field);
  if (type instanceof z.ZodNumber) return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  if (type instanceof z.ZodBoolean) return text === 'true' ? true : text === 'false' ? false : text;
  const isJson = type instanceof z.ZodObject || type instanceof z.ZodRecord || type instanceof z.ZodUnknown;
  if (!isJson) return text;
  const parsed = parseJson(text);
  const [unsafe] = unsafeIn(parsed);
  return unsafe ? new Problem(`${unsafe.pointer} ${unsafe.message}`) : (parsed ?? text);
};

const textOf = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
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
