import type { JobView } from '../../src/operations/job.ts';
import { tinyPng } from '../support/gateway.ts';

export interface ChaosJob {
  readonly key: string;
  readonly provider: string;
  readonly faults: string[];
  readonly seconds: number;
}

/** Jobs over the three kinds of providers, short and long, with and without faults of the service itself. */
export const mixedJobs = (count: number): ChaosJob[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `chaos-${index}`,
    provider: ['scripted', 'scripted-lookup', 'scripted-idempotent'][index % 3] as string,
    faults: [[], ['busy:1'], ['check_500:1'], ['truncated:1'], ['slow_start']][index % 5] as string[],
    seconds: [0, 1, 3][index % 3] as number,
  }));

/** Sends until it is accepted, as a caller with an idempotency key would. Answers the job's id. */
export const submitUntilAccepted = async (url: string, job: ChaosJob, until: number): Promise<string> => {
  const body = JSON.stringify({
    image: tinyPng,
    background: { color: 'red' },
    deadline_s: 900,
    options: { [job.provider]: { faults: job.faults, seconds: job.seconds } },
  });
  const headers = { 'content-type': 'application/json', 'idempotency-key': job.key };
  while (Date.now() < until) {
    try {
      const response = await fetch(`${url}/v1/background?provider=${job.provider}`, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(10_000),
      });
      if (response.status === 202) return ((await response.json()) as JobView).id;
      if (response.status !== 503) throw new Error(`unexpected answer ${response.status}: ${await response.text()}`);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('unexpected answer')) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${job.key} was never accepted`);
};

export const waitForEnd = async (url: string, ids: readonly string[], until: number): Promise<JobView[]> => {
  const ended = new Map<string, JobView>();
  while (ended.size < ids.length) {
    for (const id of ids) {
      if (ended.has(id)) continue;
      const job = await fetch(`${url}/v1/jobs/${id}`).then(
        async (response) => (response.ok ? ((await response.json()) as JobView) : null),
        () => null,
      );
      if (job?.finished_at) ended.set(id, job);
    }
    if (Date.now() > until) throw new Error(`${ids.length - ended.size} of ${ids.length} jobs have not ended`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return [...ended.values()];
};
