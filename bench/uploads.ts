import { setTimeout as sleep } from 'node:timers/promises';
import { sendUploads } from './load/run.ts';
import { startDatabase } from './support/database.ts';
import { type Benchmark, median } from './support/figure.ts';
import { type BenchGateway, startGateway } from './support/gateway.ts';
import { startScripted } from './support/scripted.ts';

const imageBytes = 10_000_000;
const atOnce = 200;
const sampleMs = 50;
const megabyte = 1_000_000;

/**
 * How much memory the gateway takes while 200 images of 10 MB come in at once, as files of requests: after little use,
 * and once more. What is too much for it has to be answered with 503 and `Retry-After`.
 */
export const uploads: Benchmark = {
  name: 'uploads',
  run: async () => {
    await using database = await startDatabase();
    await using upstream = await startScripted();
    // Jobs are accepted and not worked on: it is the intake that is measured.
    await using gateway = await startGateway({
      entry: 'scripted',
      environment: { ROLE: 'api', DATABASE_URL: database.url, SCRIPTED_URL: upstream.url },
    });
    await sendUploads({ url: gateway.url, way: 'form', imageBytes, uploads: 20, atOnce: 4 });
    const first = await burst(gateway);
    const second = await burst(gateway);
    return [
      { name: 'memory growth, first burst', value: first.growth / megabyte, unit: 'MB', target: { atMost: 150 } },
      { name: 'memory growth, second burst', value: second.growth / megabyte, unit: 'MB', target: { atMost: 150 } },
      { name: 'memory at rest before', value: first.idle / megabyte, unit: 'MB' },
      { name: 'taken, of 2,000 MB sent at once', value: second.takenBytes / megabyte, unit: 'MB' },
      { name: 'refused with 503 and Retry-After', value: second.refusedBytes / megabyte, unit: 'MB' },
      { name: 'taken in', value: second.takenBytes / second.seconds / megabyte, unit: 'MB/s' },
      { name: 'loop delay p99', value: second.delay.p99Ms, unit: 'ms', target: { atMost: 20 } },
      { name: 'loop delay max', value: second.delay.maxMs, unit: 'ms', target: { atMost: 100 } },
    ];
  },
};

const burst = async (gateway: BenchGateway) => {
  await sleep(2_000);
  const idle = median(await watchMemory(gateway, sleep(1_000)));
  const load = { url: gateway.url, way: 'form', imageBytes, uploads: atOnce, atOnce } as const;
  const sending = gateway.loopDelay(() => sendUploads(load));
  const seen = await watchMemory(gateway, sending);
  const { result, delay } = await sending;
  const { '202': taken = 0, '503': refused = 0 } = result.statuses;
  if (taken === 0 || taken + refused !== atOnce)
    throw new Error(`not every upload was taken or refused as it should be: ${JSON.stringify(result.statuses)}`);
  return { ...result, idle, growth: Math.max(...seen) - idle, delay };
};

const watchMemory = async (gateway: BenchGateway, during: Promise<unknown>): Promise<number[]> => {
  const seen: number[] = [];
  const ended = during.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([ended, sleep(sampleMs, false)]))) seen.push(await gateway.residentBytes());
  return seen;
};
