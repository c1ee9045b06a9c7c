/**
 * Every way a request or a job can fail. Callers program on `code`; `status` is the one HTTP status it maps to;
 * `null` marks codes that only a job carries. The wording here is a title: `detail` says what to do.
 */
export const errorTable = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  unauthenticated: { status: 401, title: 'A valid API key is required' },
  insufficient_credits: { status: 402, title: 'Not enough credits' },
  forbidden: { status: 403, title: 'This key may not do that' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  not_acceptable: { status: 406, title: 'Not acceptable' },
  too_slow: { status: 408, title: 'The request came too slowly' },
  job_finished: { status: 409, title: 'The job has already ended' },
  too_large: { status: 413, title: 'Too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  unprocessable_image: { status: 422, title: 'The image cannot be processed' },
  no_subject_found: { status: 422, title: 'No subject was found in the image' },
  blocked_address: { status: 422, title: 'The address may not be fetched' },
  unreachable_image: { status: 422, title: 'The image could not be fetched' },
  no_eligible_provider: { status: 422, title: 'No provider can take this request' },
  unsupported_by_provider: { status: 422, title: 'The named provider cannot take this request' },
  unknown_provider: { status: 422, title: 'Unknown provider' },
  idempotency_conflict: { status: 422, title: 'The idempotency key was used for another request' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  overloaded: { status: 503, title: 'Overloaded' },
  moderated: { status: null, title: 'Refused by moderation' },
  no_face_found: { status: null, title: 'No face was found' },
  provider_error: { status: null, title: 'The provider failed' },
  provider_unavailable: { status: null, title: 'The provider is unavailable' },
  provider_rejected: { status: null, title: 'The provider rejected the request' },
  provider_quota: { status: null, title: 'The provider quota is used up' },
  deadline_exceeded: { status: null, title: 'The deadline passed' },
  outcome_unknown: { status: null, title: 'The outcome at the provider is unknown' },
  collect_failed: { status: null, title: 'The result could not be copied' },
} as const satisfies Record<string, { status: number | null; title: string }>;

export type ErrorCode = keyof typeof errorTable;
export const errorCodes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];

/** One problem of the input; `pointer` is an RFC 6901 JSON pointer into the body, or `?name` for a query parameter. */
export interface InputProblem {
  readonly pointer: string;
  readonly message: string;
}

interface RestageErrorOptions {
  readonly errors?: readonly InputProblem[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** An error whose code and detail the caller may see. Anything else a caller sees as `internal`. */
export class RestageError extends Error {
  override readonly name = 'RestageError';
  readonly code: ErrorCode;
  readonly errors: readonly InputProblem[];
  readonly headers: Readonly<Record<string, string>>;
  readonly retryable: boolean;

  constructor(code: ErrorCode, detail: string, options: RestageErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
    this.retryable = options.retryable ?? false;
  }
}

export const notFound = (what: string): RestageError => new RestageError('not_found', `${what} does not exist.`);

export const overloaded = (detail: string, retryAfterS: number): RestageError =>
  new RestageError('overloaded', detail, { headers: { 'retry-after': String(retryAfterS) }, retryable: true });
