import type { LoadResult } from './load/requests.ts';
import { sendRequests } from './load/run.ts';
import { startDatabase } from './support/database.ts';
import { type Benchmark, type Figure, percentile } from './support/figure.ts';
import { startGateway } from './support/gateway.ts';
import { uploadPicture } from './support/pictures.ts';
import { startScripted } from './support/scripted.ts';

/** Accepting jobs, with durable commits: alone (`api`), and while the same process works on what it accepted (`all`). */
export const accept: Benchmark = {
  name: 'accept',
  run: async () => [...(await measure('api')), ...(await measure('all'))],
};

const measure = async (role: 'api' | 'all'): Promise<Figure[]> => {
  await using database = await startDatabase();
  await using upstream = await startScripted();
  await using gateway = await startGateway({
    entry: 'scripted',
    environment: { ROLE: role, DATABASE_URL: database.url, SCRIPTED_URL: upstream.url },
  });
  const image = await uploadPicture(gateway);
  const load = {
    url: gateway.url,
    path: '/v1/background',
    body: JSON.stringify({ image, background: { color: '#f4f1ea' } }),
  };

  const { result: steady, delay } = await gateway.loopDelay(() =>
    sendRequests({ ...load, arrival: { perSecond: 200 }, warmUpSeconds: 3, seconds: 20 }),
  );
  const { result: full, delay: fullDelay } = await gateway.loopDelay(() =>
    sendRequests({ ...load, arrival: { connections: 64 }, warmUpSeconds: 3, seconds: 15 }),
  );
  verify([steady, full], await database.count('jobs'));

  return [
    { name: `${role}: p50 at 200/s`, value: percentile(steady.latenciesMs, 0.5), unit: 'ms', target: { atMost: 5 } },
    { name: `${role}: p99 at 200/s`, value: percentile(steady.latenciesMs, 0.99), unit: 'ms', target: { atMost: 20 } },
    { name: `${role}: loop delay p99 at 200/s`, value: delay.p99Ms, unit: 'ms', target: { atMost: 20 } },
    { name: `${role}: loop delay max at 200/s`, value: delay.maxMs, unit: 'ms', target: { atMost: 100 } },
    { name: `${role}: accepted by 64 connections`, value: full.perSecond, unit: '/s', target: { atLeast: 5_000 } },
    {
      name: `${role}: p99, 64 connections`,
      value: percentile(full.latenciesMs, 0.99),
      unit: 'ms',
      target: { atMost: 25 },
    },
    { name: `${role}: loop delay p99, 64 connections`, value: fullDelay.p99Ms, unit: 'ms', target: { atMost: 20 } },
  ];
};

/** Nothing but 202, and a row for each of them. */
const verify = (results: readonly LoadResult[], jobs: number): void => {
  const statuses = results.flatMap((result) => Object.entries(result.statuses));
  const others = statuses.filter(([status]) => status !== '202');
  if (others.length > 0) throw new Error(`not every request was accepted: ${JSON.stringify(others)}`);
  const accepted = statuses.reduce((sum, [, count]) => sum + count, 0);
  if (accepted !== jobs) throw new Error(`${accepted} jobs were accepted, and ${jobs} are in the database`);
};
