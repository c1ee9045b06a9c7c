/** A failure the caller can act on. Errors lose their class on the way out of a worker thread; this is read there. */
export class LocalFailure extends Error {
  override readonly name = 'LocalFailure';
  readonly code: 'no_subject_found' | 'unprocessable_image';

  constructor(code: LocalFailure['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export const noSubject = (what: string): LocalFailure =>
  new LocalFailure(
    'no_subject_found',
    `No subject could be told from the ground of ${what}. Send a picture where it stands out: a plain or blurred ` +
      'ground, the whole subject in view, or a PNG whose ground is already transparent.',
  );
