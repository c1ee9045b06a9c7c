import { worstPictures } from '../test/corpus/worst.ts';
import { sendRequests } from './load/run.ts';
import { type Benchmark, type Figure, percentile } from './support/figure.ts';
import { type BenchGateway, startGateway } from './support/gateway.ts';
import { uploadPicture } from './support/pictures.ts';

const seconds = 15;

/** How the API fares while the worst pictures that get past the header check are decoded, all sent at once. */
export const decodeLoad: Benchmark = {
  name: 'decode-load',
  run: async (): Promise<readonly Figure[]> => {
    const worst: Uint8Array[] = [];
    for (const { make } of worstPictures) worst.push(await make());
    await using gateway = await startGateway({ entry: 'product' });
    const image = await uploadPicture(gateway);
    const load = {
      url: gateway.url,
      path: '/v1/background?provider=local&dry_run=true',
      body: JSON.stringify({ image, background: { color: '#f4f1ea' } }),
      arrival: { perSecond: 100 },
      warmUpSeconds: 2,
      seconds,
    };
    const idle = await sendRequests(load);
    const restingBytes = await gateway.residentBytes();
    const began = performance.now();
    const answers = Promise.all(worst.map((bytes) => send(gateway, bytes)));
    const busy = await sendRequests(load);
    const statuses = await answers;
    const p99 = (result: typeof idle): number => percentile(result.latenciesMs, 0.99);
    if (!statuses.every((status) => [201, 413, 422, 503].includes(status)))
      throw new Error(`unexpected answers: ${statuses.join(' ')}`);
    return [
      { name: 'API p99, idle', value: p99(idle), unit: 'ms' },
      {
        name: `API p99, ${worst.length} worst pictures`,
        value: p99(busy),
        unit: 'ms',
        target: { atMost: 2 * p99(idle) },
      },
      {
        name: `all ${worst.length} answered after (${tally(statuses)})`,
        value: (performance.now() - began) / 1_000,
        unit: 's',
      },
      { name: 'memory growth', value: ((await gateway.residentBytes()) - restingBytes) / 1e6, unit: 'MB' },
    ];
  },
};

const send = async ({ url }: BenchGateway, bytes: Uint8Array): Promise<number> => {
  const form = new FormData();
  form.set('file', new File([new Uint8Array(bytes)], 'worst'));
  return (await fetch(`${url}/v1/assets`, { method: 'POST', body: form })).status;
};

/** For example `20 × 201, 12 × 422`. */
const tally = (statuses: readonly number[]): string =>
  [...new Set(statuses)]
    .sort()
    .map((status) => `${statuses.filter((each) => each === status).length} × ${status}`)
    .join(', ');
