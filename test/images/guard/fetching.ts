/** What a fetch came to, in the words that a caller would read. */
import { createGuardedFetch, type GuardedFetch, type GuardedFetchOptions } from '../../../src/images/guarded-fetch.ts';
import { RestageError } from '../../../src/operations/errors.ts';

export interface Outcome {
  readonly code: string;
  readonly message: string;
  readonly ms: number;
  /** For our log alone. */
  readonly cause: unknown;
}

/** `code` is `fetched` when bytes came; what is no error of ours is thrown on. */
export const outcomeBy = async (guarded: GuardedFetch, url: string): Promise<Outcome> => {
  const started = performance.now();
  const ended = (code: string, message: string, cause?: unknown): Outcome => ({
    code,
    message,
    cause,
    ms: performance.now() - started,
  });
  try {
    await Array.fromAsync(guarded.fetchImage(url, { maxBytes: 100_000 }));
    return ended('fetched', '');
  } catch (error) {
    if (!(error instanceof RestageError)) throw error;
    return ended(error.code, error.message, error.cause);
  }
};

/** With a guard of its own. */
export const outcomeOf = async (url: string, options: GuardedFetchOptions): Promise<Outcome> => {
  const guarded = createGuardedFetch({ bucketMs: 1, ...options });
  return outcomeBy(guarded, url).finally(guarded.close);
};

/** Many at once, but not all. */
export const eachOf = async <Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> => {
  const left = Iterator.from(items);
  const one = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, one));
};
