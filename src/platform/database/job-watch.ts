import type { JobWatch } from '../../jobs/watch.ts';
import { jobChannel } from './job-store/transitions.ts';
import type { Listener } from './listener.ts';

/** Watching by LISTEN: one connection for all readers of this process. */
export const createJobWatch = (listener: Listener): JobWatch => {
  const readers = new Map<string, Set<() => void>>();
  const tell = (jobId: string): void => {
    for (const changed of readers.get(jobId) ?? []) changed();
  };
  // After a gap nobody knows what was missed: everybody looks again.
  listener.on(jobChannel, tell, () => {
    for (const jobId of readers.keys()) tell(jobId);
  });
  return {
    on: (jobId, changed) => {
      const set = readers.get(jobId) ?? new Set();
      readers.set(jobId, set.add(changed));
      return () => {
        set.delete(changed);
        if (set.size === 0) readers.delete(jobId);
      };
    },
  };
};
