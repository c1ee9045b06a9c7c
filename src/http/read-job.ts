import type { JobWithAttempts } from '../jobs/store.ts';
import { watchJob } from '../jobs/watch.ts';
import { notFound } from '../operations/errors.ts';
import { isFinal, type JobView } from '../operations/job.ts';
import type { HttpParts } from './parts.ts';

type Reading = Pick<HttpParts, 'store' | 'presenter' | 'watch' | 'stopping' | 'now'>;

/** What is no id of ours is not looked for: the database would refuse some of it. */
export const checkedJobId = (id: string): string => {
  if (!/^job_[0-9a-z]{26}$/.test(id)) throw notFound('This job');
  return id;
};

export const findJob = async (
  { store }: Pick<Reading, 'store'>,
  account: string,
  id: string,
): Promise<JobWithAttempts> => {
  const found = await store.read(account, checkedJobId(id));
  if (!found) throw notFound(`The job ${id}`);
  return found;
};

export const readJob = async (reading: Reading, account: string, id: string): Promise<JobView> => {
  const found = await findJob(reading, account, id);
  const position = found.job.status === 'queued' ? await reading.store.queuePosition(found.job) : null;
  return reading.presenter.full(found, position);
};

/** Waits for the job's end, at most so long; then answers it as it is. */
export const waitForJob = async (
  reading: Reading,
  account: string,
  id: string,
  seconds: number,
  signal: AbortSignal,
): Promise<JobView> => {
  const until = reading.now() + seconds * 1_000;
  const watched = watchJob(reading.watch, id);
  const enough = AbortSignal.any([signal, reading.stopping]);
  try {
    for (;;) {
      const status = await reading.store.statusOf(id);
      const left = until - reading.now();
      if (!status || isFinal(status) || left <= 0 || enough.aborted) return await readJob(reading, account, id);
      await watched.next(left, enough);
    }
  } finally {
    watched.end();
  }
};
