/** Loaded into the gateway (`--import`): it measures there, and answers over the channel to the benchmark. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of one core, since the measurement began. */
  readonly cpuShare: number;
}

/** The timer's own period is part of each reading: 1 ms at rest. */
const histogram = monitorEventLoopDelay({ resolution: 1 });
let cpu = process.cpuUsage();
let since = performance.now();

process.on('message', (wanted) => {
  if (wanted === 'begin') {
    histogram.enable();
    histogram.reset();
    cpu = process.cpuUsage();
    since = performance.now();
  }
  if (wanted === 'end') {
    const { user, system } = process.cpuUsage(cpu);
    const delay: LoopDelay = {
      p50Ms: histogram.percentile(50) / 1e6,
      p99Ms: histogram.percentile(99) / 1e6,
      maxMs: histogram.max / 1e6,
      cpuShare: (user + system) / 1_000 / (performance.now() - since),
    };
    histogram.disable();
    process.send?.(delay);
  }
});
process.channel?.unref();
