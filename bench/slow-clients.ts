import sharp from 'sharp';
import { sendRequests, sendSlowly } from './load/run.ts';
import type { SlowLoad } from './load/slow-clients.ts';
import { type Benchmark, type Figure, percentile } from './support/figure.ts';
import { type BenchGateway, startGateway } from './support/gateway.ts';

const connections = 1_000;
const ways: readonly { readonly way: SlowLoad['way']; readonly seconds: number; readonly mostSeconds: number }[] = [
  { way: 'headers', seconds: 18, mostSeconds: 12 },
  { way: 'body', seconds: 18, mostSeconds: 12 },
  { way: 'reader', seconds: 40, mostSeconds: 41 },
];

/** 1,000 clients at once that send headers or a body too slowly, or do not read: what others notice of them. */
export const slowClients: Benchmark = {
  name: 'slow-clients',
  run: async () => {
    await using gateway = await startGateway({ entry: 'product' });
    const large = await largeFile(gateway);
    const figures: Figure[] = [];
    for (const { way, seconds, mostSeconds } of ways) {
      const path = way === 'reader' ? large : '/v1/background';
      const [slow, health] = await Promise.all([
        sendSlowly({ url: gateway.url, way, path, connections, seconds }),
        sendRequests({
          url: gateway.url,
          method: 'GET',
          path: '/healthz',
          body: '',
          arrival: { perSecond: 50 },
          warmUpSeconds: 0,
          seconds: seconds - 1,
        }),
      ]);
      const others = Object.keys(health.statuses).filter((status) => status !== '200');
      if (others.length > 0) throw new Error(`/healthz failed: ${JSON.stringify(health.statuses)}`);
      const { cutAfterMs, statuses } = slow;
      const told = way === 'reader' || statuses['408'] === connections;
      if (!told) throw new Error(`not every slow ${way} was answered with 408: ${JSON.stringify(statuses)}`);
      if (cutAfterMs.length < connections)
        throw new Error(
          `${connections - cutAfterMs.length} slow ${way} connections live on: ${JSON.stringify(statuses)}`,
        );
      const p99 = percentile(health.latenciesMs, 0.99);
      figures.push({ name: `slow ${way}: /healthz p99`, value: p99, unit: 'ms', target: { atMost: 100 } });
      const longest = Math.max(...cutAfterMs) / 1_000;
      figures.push({ name: `slow ${way}: all cut within`, value: longest, unit: 's', target: { atMost: mostSeconds } });
    }
    return figures;
  },
};

/** The path of a link to some 10 MB, more than the sockets' buffers swallow. */
const largeFile = async (gateway: BenchGateway): Promise<string> => {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const picture = await sharp({ create: { width: 1_900, height: 1_900, channels: 3, background: '#808080', noise } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const form = new FormData();
  form.set('file', new File([new Uint8Array(picture)], 'noise.png', { type: 'image/png' }));
  const response = await fetch(`${gateway.url}/v1/assets`, { method: 'POST', body: form });
  const { url } = (await response.json()) as { url: string };
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
};
