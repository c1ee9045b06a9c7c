/**
 * Why the embedded database is not there: `no_binaries` none for this platform · `no_account` PostgreSQL refuses to
 * run as we run · `held` another gateway has the folder · `other_version` the folder belongs to another major version ·
 * `not_ours` its files belong to another user · `failed` it was tried and did not work.
 */
export type EmbeddedErrorCode = 'no_binaries' | 'no_account' | 'held' | 'other_version' | 'not_ours' | 'failed';

/** The message is for the operator who starts the gateway: it says what to do. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError';
  readonly code: EmbeddedErrorCode;

  constructor(code: EmbeddedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
