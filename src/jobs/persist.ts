import { sleep } from '../platform/sleep.ts';

const pausesMs = [50, 100, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000];

/**
 * For an answer that must not be lost once it is here, a ticket above all: tries again for about a minute while the
 * database is away. Not cut short by deadlines or cancels.
 */
export const persist = async <Result>(save: () => Promise<Result>): Promise<Result> => {
  for (const pause of pausesMs) {
    try {
      return await save();
    } catch {
      await sleep(pause);
    }
  }
  return save();
};
