interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: what arrives while a flush is under way goes out together in the next one. An idle batcher adds no
 * delay. `full` says when more are waiting than can be served soon.
 */
export const createBatcher = <Item, Result>(
  flush: (items: readonly Item[]) => Promise<readonly Result[]>,
  { mostItems, mostWaiting }: { mostItems: number; mostWaiting: number },
) => {
  let waiting: Waiting<Item, Result>[] = [];
  let flushing = false;

  const drain = async (): Promise<void> => {
    flushing = true;
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
    flushing = false;
  };

  return {
    full: (): boolean => waiting.length >= mostWaiting,
    add: (item: Item): Promise<Result> =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        // The next turn of the loop: requests that arrived together share the first flush too.
        if (!flushing) {
          flushing = true;
          setImmediate(() => void drain());
        }
      }),
  };
};
