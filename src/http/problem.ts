import { z } from '@hono/zod-openapi';
import { type ErrorCode, errorCodes, errorTable, type InputProblem, RestageError } from '../operations/errors.ts';

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(errorCodes),
    detail: z.string(),
    request_id: z.string(),
    errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');

/** RFC 9457. A code that only a job carries never gets here; it would be a fault of ours. */
export const problemResponse = (error: RestageError, requestId: string, base: Headers): Response => {
  const { status, title } = errorTable[error.code];
  const body = {
    type: `urn:restage:error:${error.code}`,
    title,
    status: status ?? 500,
    code: error.code,
    detail: error.message,
    request_id: requestId,
    ...(error.errors.length > 0 && { errors: error.errors }),
  };
  const headers = new Headers(base);
  for (const [name, value] of Object.entries(error.headers)) headers.set(name, value);
  headers.set('content-type', 'application/problem+json');
  return new Response(JSON.stringify(body), { status: body.status, headers });
};

/** Enough for every field there is; a body of nothing but mistakes is not sent back as a whole. */
const mostProblems = 100;
const longestPointer = 512;

export const invalid = (all: readonly InputProblem[], code: ErrorCode = 'invalid_request'): RestageError => {
  const errors = all
    .slice(0, mostProblems)
    .map(({ pointer, message }) => ({ pointer: pointer.slice(0, longestPointer), message }));
  const words = errors.map(({ pointer, message }) => `${pointer || 'body'}: ${message}`);
  if (all.length > mostProblems) words.push(`and ${all.length - mostProblems} more`);
  return new RestageError(code, words.join('; '), { errors });
};
