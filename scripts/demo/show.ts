import type { JobView } from '../../src/operations/job.ts';
import { createJob, fetchResult, followJob } from './api.ts';
import { DemoError } from './faults.ts';
import { createProgress, type Progress } from './progress.ts';
import { failureOf, type Result, shortfallsOf, tableOf } from './report.ts';
import { type DemoRequest, demoRequests, type Pictures } from './requests.ts';
import type { ResultsFolder } from './results-folder.ts';

interface Stage {
  readonly url: string;
  readonly pictures: Pictures;
  readonly folder: ResultsFolder;
  readonly ending: AbortSignal;
}

/** Runs all operations at once and tells what became of each; throws when one failed. */
export const showOperations = async (stage: Stage): Promise<void> => {
  const requests = demoRequests(stage.pictures);
  const progress = createProgress(
    process.stdout,
    requests.map(({ operation }) => operation),
  );
  const ended = await Promise.allSettled(requests.map((request) => runOperation(request, stage, progress)));
  progress.close();
  const results = ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failures = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
  if (results.length > 0) console.log(`\n${tableOf(results)}\n`);
  const shortfalls = shortfallsOf(results);
  if (shortfalls) console.log(`What was only approximated, or dropped, as each job says itself:\n${shortfalls}\n`);
  if (failures.length === 0) return;
  const unexpected = failures.find((each) => !(each instanceof DemoError));
  throw unexpected ?? new DemoError(failures.map(({ message }) => message).join('\n'));
};

const runOperation = async (request: DemoRequest, stage: Stage, progress: Progress): Promise<Result> => {
  const { operation } = request;
  try {
    const job = await lastOf(request, stage, progress);
    if (job.status !== 'succeeded') throw new DemoError(failureOf(job));
    const file = await stage.folder.save(request.result, await fetchResult(job, stage.ending));
    progress.end(operation, file);
    return { job, file };
  } catch (error) {
    progress.end(operation, stage.ending.aborted ? 'broken off' : 'failed');
    throw error;
  }
};

/** Starts the job, shows its changes and returns it as it ended. */
const lastOf = async (request: DemoRequest, { url, ending }: Stage, progress: Progress): Promise<JobView> => {
  let job = await createJob(url, request, ending);
  progress.update(request.operation, job);
  for await (job of followJob(job, ending)) progress.update(request.operation, job);
  if (job.finished_at === null) throw new DemoError(`The events of ${request.operation} stopped before its end.`);
  return job;
};
