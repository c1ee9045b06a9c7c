/** What a caller learns of an image that could not be read: one text, at whole steps of time. Why is for our log. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RestageError } from '../operations/errors.ts';

/** How long after its start a fetch can fail: at whole multiples of this. */
export const defaultBucketMs = 1000;

const unreachable = (cause: unknown): RestageError =>
  new RestageError(
    'unreachable_image',
    'The image could not be fetched from its address. Check that the address answers without a login, or upload the image.',
    { cause },
  );

const untilNext = async (bucketMs: number, startedMs: number, signal: AbortSignal | undefined): Promise<void> => {
  const passed = performance.now() - startedMs;
  const left = Math.ceil(Math.ceil(passed / bucketMs) * bucketMs - passed);
  await sleep(left, undefined, { ...(signal !== undefined && { signal }) }).catch(() => {});
};

interface FailAlikeOptions {
  readonly bucketMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * The same bytes. Every failure is `unreachable_image`, or `too_large` where our own cap was met, and comes at a whole
 * multiple of `bucketMs`: neither words nor time tell a private address from one that nobody has. An aborted signal
 * rejects at once, with its reason.
 */
export async function* failAlike(
  bytes: AsyncIterable<Uint8Array>,
  { bucketMs = defaultBucketMs, signal }: FailAlikeOptions,
): AsyncGenerator<Uint8Array> {
  const startedMs = performance.now();
  try {
    yield* bytes;
  } catch (error) {
    signal?.throwIfAborted();
    await untilNext(bucketMs, startedMs, signal);
    signal?.throwIfAborted();
    throw error instanceof RestageError && error.code === 'too_large' ? error : unreachable(error);
  }
}
