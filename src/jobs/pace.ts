/** Full jitter: anywhere between half of the base and the exponential bound, so that waiting jobs spread out. */
export const backoffMs = (tries: number, baseMs: number, capMs: number, random: () => number): number => {
  const bound = Math.min(capMs, baseMs * 2 ** Math.min(tries, 16));
  return Math.round(baseMs / 2 + random() * Math.max(0, bound - baseMs / 2));
};

const fastestCheckMs = 1_000;
const slowestCheckMs = 15_000;

/**
 * When to ask again about work that goes on upstream: first at about half of the expected time, then at a tenth of
 * it, and slower and slower once it is overdue. ±20 % jitter.
 */
export const checkDelayMs = (expectedS: number, elapsedMs: number, random: () => number): number => {
  const expectedMs = expectedS * 1_000;
  const overdue = Math.max(1, elapsedMs / Math.max(expectedMs, 1));
  const wanted = elapsedMs < expectedMs / 2 ? expectedMs / 2 - elapsedMs : (expectedMs / 10) * overdue;
  const bounded = Math.min(slowestCheckMs, Math.max(fastestCheckMs, wanted));
  return Math.round(bounded * (0.8 + 0.4 * random()));
};
