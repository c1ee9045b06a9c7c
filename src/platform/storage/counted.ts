import { createHash } from 'node:crypto';
import { RestageError } from '../../operations/errors.ts';
import type { StoredObject } from './storage.ts';

const tooLarge = (maxBytes: number): RestageError =>
  new RestageError('too_large', `The file is larger than the limit of ${maxBytes} bytes.`);

/** The next step, or the signal's reason if that comes first. A listener per step: a shared promise would keep all chunks. */
const nextStep = <Value>(iterator: AsyncIterator<Value>, signal?: AbortSignal): Promise<IteratorResult<Value>> => {
  if (signal === undefined) return iterator.next();
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
};

/**
 * Passes a stream on while counting and hashing it. It ends with `too_large` as soon as the cap is passed, and with the
 * signal's reason even when the source never yields again; the source is told to stop in both cases.
 */
export const countedSource = (
  source: AsyncIterable<Uint8Array>,
  { maxBytes, signal }: { maxBytes: number; signal?: AbortSignal },
): { stream: AsyncGenerator<Uint8Array, void, undefined>; result: () => StoredObject } => {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    const iterator = source[Symbol.asyncIterator]();
    let ended = false;
    try {
      for (;;) {
        const step = await nextStep(iterator, signal);
        if (step.done === true) break;
        bytes += step.value.byteLength;
        if (bytes > maxBytes) throw tooLarge(maxBytes);
        hash.update(step.value);
        yield step.value;
      }
      ended = true;
    } finally {
      // Not awaited: a source that hangs would hang its own cancellation.
      if (!ended) iterator.return?.().catch(() => {});
    }
  }
  let sha256: string | undefined;
  return {
    stream: counted(),
    result: () => {
      sha256 ??= hash.digest('hex');
      return { bytes, sha256 };
    },
  };
};
