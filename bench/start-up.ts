import { temporaryFolder } from './support/database.ts';
import { type Benchmark, median } from './support/figure.ts';
import { startGateway } from './support/gateway.ts';

const times = 5;

/** From the start of the process until `/readyz` says 200, with the embedded database: on a new folder, and later. */
export const startUp: Benchmark = {
  name: 'start-up',
  run: async () => {
    const first: number[] = [];
    const later: number[] = [];
    for (let time = 0; time < times; time += 1) {
      await using folder = await temporaryFolder();
      first.push(await startOnce(folder.path));
      later.push(await startOnce(folder.path));
    }
    return [
      { name: 'first start', value: median(first) / 1_000, unit: 's', target: { atMost: 2 } },
      { name: 'later start', value: median(later) / 1_000, unit: 's', target: { atMost: 1 } },
    ];
  },
};

const startOnce = async (dataDir: string): Promise<number> => {
  await using gateway = await startGateway({ entry: 'product', dataDir });
  return gateway.readyMs;
};
