import { ascending, type Benchmark, percentile } from './support/figure.ts';
import { startGateway } from './support/gateway.ts';
import { uploadPicture } from './support/pictures.ts';
import { startScripted } from './support/scripted.ts';

const jobs = 100;

/** What the gateway itself adds to a job: the provider finishes at once, and jobs come one after the other. */
export const turnaround: Benchmark = {
  name: 'turnaround',
  run: async () => {
    await using upstream = await startScripted();
    await using gateway = await startGateway({ entry: 'scripted', environment: { SCRIPTED_URL: upstream.url } });
    const image = await uploadPicture(gateway);
    const took: number[] = [];
    for (let job = 0; job < jobs; job += 1) {
      const began = performance.now();
      const response = await gateway.post(
        '/v1/background',
        { image, background: { color: '#f4f1ea' } },
        { prefer: 'wait=30' },
      );
      const { status } = (await response.json()) as { status: string };
      if (status !== 'succeeded') throw new Error(`a job ended as ${status}`);
      took.push(performance.now() - began);
    }
    const sorted = ascending(took);
    return [
      { name: 'sent to succeeded, p50', value: percentile(sorted, 0.5), unit: 'ms' },
      { name: 'sent to succeeded, p99', value: percentile(sorted, 0.99), unit: 'ms' },
    ];
  },
};
