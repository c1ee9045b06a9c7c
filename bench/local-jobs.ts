import { type Benchmark, type Figure, median } from './support/figure.ts';
import { startGateway } from './support/gateway.ts';
import { uploadPicture } from './support/pictures.ts';

const jobs = 8;

/** Whether pictures made by the `local` provider on this very machine keep the gateway from answering. */
export const localJobs: Benchmark = {
  name: 'local-jobs',
  run: async (): Promise<readonly Figure[]> => {
    await using gateway = await startGateway({ entry: 'product' });
    const image = await uploadPicture(gateway, 1_600, 1_200);
    const once = async (): Promise<number> => {
      const began = performance.now();
      const body = { image, background: { color: '#f4f1ea' } };
      const response = await gateway.post('/v1/background?provider=local', body, { prefer: 'wait=60' });
      const answer = (await response.json()) as { status: unknown };
      if (answer.status !== 'succeeded') throw new Error(`a local job failed: ${JSON.stringify(answer)}`);
      return performance.now() - began;
    };
    await once();
    const { result, delay } = await gateway.loopDelay(() => Promise.all(Array.from({ length: jobs }, once)));
    return [
      { name: 'loop delay p99', value: delay.p99Ms, unit: 'ms', target: { atMost: 20 } },
      { name: 'loop delay max', value: delay.maxMs, unit: 'ms', target: { atMost: 100 } },
      { name: `job, ${jobs} at once, median`, value: median(result) / 1_000, unit: 's' },
    ];
  },
};
