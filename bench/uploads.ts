import { setTimeout as sleep } from 'node:timers/promises';
import { sendUploads } from './load/run.ts';
import { type Benchmark, median } from './support/figure.ts';
import { type BenchGateway, startGateway } from './support/gateway.ts';

const imageBytes = 10_000_000;
const sampleMs = 50;
const megabyte = 1_000_000;

/** How much memory the gateway takes while 100 images of 10 MB come in at once: after little use, and once more. */
export const uploads: Benchmark = {
  name: 'uploads',
  run: async () => {
    await using gateway = await startGateway({ entry: 'product' });
    await sendUploads({ url: gateway.url, imageBytes, uploads: 20, atOnce: 4 });
    const first = await burst(gateway);
    const second = await burst(gateway);
    return [
      { name: 'memory growth, first burst', value: first.growth / megabyte, unit: 'MB', target: { atMost: 64 } },
      { name: 'memory growth, second burst', value: second.growth / megabyte, unit: 'MB', target: { atMost: 64 } },
      { name: 'memory at rest before', value: first.idle / megabyte, unit: 'MB' },
      { name: 'taken in', value: second.bytesPerSecond / megabyte, unit: 'MB/s' },
      { name: 'loop delay p99', value: second.delay.p99Ms, unit: 'ms', target: { atMost: 20 } },
      { name: 'loop delay max', value: second.delay.maxMs, unit: 'ms', target: { atMost: 100 } },
    ];
  },
};

const burst = async (gateway: BenchGateway) => {
  await sleep(2_000);
  const idle = median(await watchMemory(gateway, sleep(1_000)));
  const sending = gateway.loopDelay(() => sendUploads({ url: gateway.url, imageBytes, uploads: 100, atOnce: 100 }));
  const seen = await watchMemory(gateway, sending);
  const { result, delay } = await sending;
  if (result.statuses['201'] !== 100) throw new Error(`not every upload was kept: ${JSON.stringify(result.statuses)}`);
  return { idle, growth: Math.max(...seen) - idle, bytesPerSecond: result.bytes / result.seconds, delay };
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
