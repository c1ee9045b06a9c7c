import { monotonicFactory } from 'ulid';

/** Random numbers in [0, 1) for the ids, drawn from the system 4 KB at a time: one by one they cost more than the rest. */
const pool = new Uint8Array(4_096);
let used = pool.length;
const random = (): number => {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const byte = pool[used] ?? 0;
  used += 1;
  return byte / 256;
};

const next = monotonicFactory(random);

/** Sorts by time of making; 80 of its 128 bits are random. */
export const newId = (prefix: 'job' | 'attempt' | 'purchase' | 'asset' | 'req'): string =>
  `${prefix}_${next().toLowerCase()}`;
