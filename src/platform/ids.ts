import { monotonicFactory } from 'ulid';

const next = monotonicFactory();

/** Sorts by time of making; 80 of its 128 bits are random. */
export const newId = (prefix: 'job' | 'attempt' | 'purchase' | 'asset' | 'req'): string =>
  `${prefix}_${next().toLowerCase()}`;
