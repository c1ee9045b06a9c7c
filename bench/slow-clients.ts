import sharp from 'sharp';
import { sendRequests, sendSlowly } from './load/run.ts';
import type { SlowLoad } from './load/slow-clients.ts';
import { type Benchmark, type Figure, percentile } from './support/figure.ts';
import { type BenchGateway, startGateway } from './support/gateway.ts';

const connections = 1_000;
const mostHealthMs = 100;
const ways: readonly { readonly way: SlowLoad['way']; readonly seconds: number }[] = [
  { way: 'headers', seconds: 18 },
  { way: 'body', seconds: 18 },
  // First they take what the sockets' buffers swallow, some 4 MB each.
  { way: 'reader', seconds: 55 },
];

/** 1,000 clients at once that send headers or a body too slowly, or do not read: what others notice of them. */
export const slowClients: Benchmark = {
  name: 'slow-clients',
  run: async () => {
    await using gateway = await startGateway({ entry: 'product' });
    const large = await largeFile(gateway);
    const figures: Figure[] = [
      { name: '/healthz p99, no slow clients', value: await healthP99(gateway.url, 10), unit: 'ms' },
    ];
    for (const { way, seconds } of ways) {
      const path = way === 'reader' ? large : '/v1/background';
      const [{ cutAfterMs, statuses }, p99] = await Promise.all([
        sendSlowly({ url: gateway.url, way, path, connections, seconds }),
        healthP99(gateway.url, seconds - 1),
      ]);
      if (cutAfterMs.length < connections || (way !== 'reader' && statuses['408'] !== connections))
        throw new Error(`of the slow ${way} clients ${cutAfterMs.length} were cut: ${JSON.stringify(statuses)}`);
      figures.push({ name: `/healthz p99, slow ${way}`, value: p99, unit: 'ms', target: { atMost: mostHealthMs } });
      if (way === 'reader') continue;
      const longest = Math.max(...cutAfterMs) / 1_000;
      figures.push({ name: `slow ${way}: all cut within`, value: longest, unit: 's', target: { atMost: 12 } });
    }
    return figures;
  },
};

const healthP99 = async (url: string, seconds: number): Promise<number> => {
  const asked = { method: 'GET', path: '/healthz', body: '', arrival: { perSecond: 50 }, warmUpSeconds: 0 } as const;
  const { statuses, latenciesMs } = await sendRequests({ url, ...asked, seconds });
  const others = Object.keys(statuses).filter((status) => status !== '200');
  if (others.length > 0) throw new Error(`/healthz failed: ${JSON.stringify(statuses)}`);
  return percentile(latenciesMs, 0.99);
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
