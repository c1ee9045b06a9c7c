import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics } from './telemetry.ts';

/** Read when somebody asks for the metrics. */
export interface MetricsSource {
  /** Jobs that wait, by backend. */
  queued(): Promise<Record<string, number>>;
  unknownPurchases(): Promise<number>;
}

export interface MetricsRegistry extends Metrics {
  text(): Promise<string>;
  readonly contentType: string;
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600];

export const createMetrics = (source: () => MetricsSource | null): MetricsRegistry => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'restage_http_request_seconds',
    help: 'HTTP requests',
    labelNames: ['method', 'route', 'status'],
    buckets: seconds,
    registers,
  });
  const accepted = new Counter({
    name: 'restage_jobs_accepted_total',
    help: 'Jobs accepted',
    labelNames: ['operation', 'backend'],
    registers,
  });
  const ended = new Histogram({
    name: 'restage_job_seconds',
    help: 'Jobs that ended, from acceptance',
    labelNames: ['operation', 'backend', 'outcome'],
    buckets: seconds,
    registers,
  });
  const steps = new Histogram({
    name: 'restage_step_seconds',
    help: 'Steps of jobs',
    labelNames: ['step', 'backend'],
    buckets: seconds,
    registers,
  });
  const bytes = new Gauge({ name: 'restage_bytes_in_flight', help: 'Bytes of uploads held in memory', registers });
  const unknown = new Counter({
    name: 'restage_unknown_outcomes_total',
    help: 'Purchases whose outcome could not be found out',
    labelNames: ['backend'],
    registers,
  });
  new Gauge({
    name: 'restage_queue_depth',
    help: 'Jobs that wait to begin',
    labelNames: ['backend'],
    registers,
    async collect() {
      this.reset();
      for (const [backend, count] of Object.entries((await source()?.queued()) ?? {})) this.set({ backend }, count);
    },
  });
  new Gauge({
    name: 'restage_unknown_purchases',
    help: 'Purchases with an unknown outcome on the list of the operator',
    registers,
    async collect() {
      this.set((await source()?.unknownPurchases()) ?? 0);
    },
  });
  return {
    request: (method, route, status, took) => requests.observe({ method, route, status }, took),
    accepted: (operation, backend) => accepted.inc({ operation, backend }),
    ended: (operation, backend, outcome, took) => ended.observe({ operation, backend, outcome }, took),
    step: (step, backend, took) => steps.observe({ step, backend }, took),
    inFlight: (change) => bytes.inc(change),
    unknownOutcome: (backend) => unknown.inc({ backend }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
};
