import { createLog } from './log.ts';
import { createMetrics, type MetricsSource } from './metrics.ts';
import type { Telemetry } from './telemetry.ts';
import { createTracing } from './tracing.ts';

export interface OwnedTelemetry extends Telemetry {
  /** Where the gauges read from, once it is there. */
  watch(store: { counts(): Promise<{ queued: Record<string, number>; unknownPurchases: number }> }): void;
  metricsText(): Promise<{ text: string; contentType: string }>;
  stop(): Promise<void>;
}

export const createTelemetry = async (
  level: string,
  otlpEndpoint: string | undefined,
  logTo?: NodeJS.WritableStream,
): Promise<OwnedTelemetry> => {
  const log = createLog(level, logTo);
  let source: MetricsSource | null = null;
  const metrics = createMetrics(() => source);
  const tracing = await createTracing(otlpEndpoint);
  return {
    log,
    metrics,
    span: tracing.span,
    traceparent: tracing.traceparent,
    watch: (store) => {
      source = {
        queued: async () => (await store.counts()).queued,
        unknownPurchases: async () => (await store.counts()).unknownPurchases,
      };
    },
    metricsText: async () => ({ text: await metrics.text(), contentType: metrics.contentType }),
    stop: async () => {
      await tracing.stop();
      await new Promise<void>((resolve) => log.flush(() => resolve()));
    },
  };
};
