interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

interface BatchLimits {
  readonly mostItems: number;
  /** Flushes under way at the same time. */
  readonly atOnce: number;
  readonly mostWaiting: number;
}

/**
 * Group commit: what arrives while flushes are under way goes out together in the next one. An idle batcher adds no
 * delay. `full` says when more are waiting than can be served soon.
 */
export const createBatcher = <Item, Result>(
  flush: (items: readonly Item[]) => Promise<readonly Result[]>,
  { mostItems, atOnce, mostWaiting }: BatchLimits,
) => {
  let waiting: Waiting<Item, Result>[] = [];
  let flushing = 0;

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostItems);
      waiting = waiting.slice(mostItems);
      try {
        const results = await flush(batch.map(({ item }) => item));
        for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    flushing -= 1;
  };

  return {
    full: (): boolean => waiting.length >= mostWaiting,
    add: (item: Item): Promise<Result> =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        // The next turn of the loop: requests that arrived together share the first flush too.
        if (flushing < atOnce) {
          flushing += 1;
          setImmediate(() => void drain());
        }
      }),
  };
};
