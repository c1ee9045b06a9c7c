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

export const invalid = (errors: readonly InputProblem[], code: ErrorCode = 'invalid_request'): RestageError =>
  new RestageError(code, errors.map(({ pointer, message }) => `${pointer || 'body'}: ${message}`).join('; '), {
    errors,
  });
