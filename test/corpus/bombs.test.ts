import { describe, expect, test } from 'vitest';
import { probeImage } from '../../src/images/probe.ts';
import { bombs } from './bombs.ts';

const mebibyte = 1024 * 1024;
/** What a probe took, of those that were refused as they should be. */
const taken: { name: string; wallMs: number; processorMs: number }[] = [];

/** Memory of the whole process, decoders of libvips and libheif included, at its highest while something runs. */
const growthDuring = async (work: () => Promise<unknown>): Promise<number> => {
  const before = process.memoryUsage.rss();
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss());
  }, 1);
  await work();
  clearInterval(timer);
  return Math.max(highest, process.memoryUsage.rss()) - before;
};

describe('what would take gigabytes or minutes is refused by its header', () => {
  test('there are enough of them here', () => expect(bombs.length).toBeGreaterThanOrEqual(100));

  test.each(bombs.map(({ name, make }) => [name, make] as const))('%s', async (name, make) => {
    const bytes = await make();
    let refusal: unknown;
    const growth = await growthDuring(async () => {
      const [started, before] = [performance.now(), process.cpuUsage()];
      refusal = await probeImage(bytes).catch((error: unknown) => error);
      const { user, system } = process.cpuUsage(before);
      taken.push({ name, wallMs: performance.now() - started, processorMs: (user + system) / 1000 });
    });
    expect(refusal).toMatchObject({ code: 'unprocessable_image' });
    // The smallest of them would take 150 MB; a reader of headers has pages of its own to load.
    expect(growth).toBeLessThan(64 * mebibyte);
  });

  test('at once: decoding never starts', () => {
    expect(taken).toHaveLength(bombs.length);
    const p99 = (values: readonly number[]): number =>
      values.toSorted((one, other) => other - one)[Math.floor(values.length / 100)] ?? Number.NaN;
    const wall = p99(taken.map(({ wallMs }) => wallMs));
    const processor = p99(taken.map(({ processorMs }) => processorMs));
    console.log(`${taken.length} bombs: p99 ${wall.toFixed(0)} ms, of processor time ${processor.toFixed(0)} ms`);
    // Other tests run beside this one: the processor's time is what a refusal costs.
    expect(processor).toBeLessThan(100);
    expect(wall).toBeLessThan(1000);
  });
});
