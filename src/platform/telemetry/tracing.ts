import {
  context,
  propagation,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api';
import type { SpanOptions } from './telemetry.ts';

type Carrier = Record<string, string>;
const setter: TextMapSetter<Carrier> = { set: (carrier, key, value) => void Object.assign(carrier, { [key]: value }) };
const getter: TextMapGetter<Carrier> = { get: (carrier, key) => carrier[key], keys: (carrier) => Object.keys(carrier) };

export interface Tracing {
  span<Result>(name: string, options: SpanOptions, work: () => Promise<Result>): Promise<Result>;
  traceparent(): string | null;
  stop(): Promise<void>;
}

/** Nothing is loaded, and nothing measured, unless an exporter is set. */
export const createTracing = async (endpoint: string | undefined): Promise<Tracing> => {
  if (!endpoint) return { span: (_name, _options, work) => work(), traceparent: () => null, stop: async () => {} };
  const provider = await startProvider(endpoint);
  const tracer = trace.getTracer('restage');

  return {
    span: (name, { parent, attributes = {} }, work) => {
      const outer = parent ? propagation.extract(context.active(), { traceparent: parent }, getter) : context.active();
      return tracer.startActiveSpan(name, { attributes }, outer, async (span) => {
        try {
          return await work();
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
          throw error;
        } finally {
          span.end();
        }
      });
    },
    traceparent: () => {
      const carrier: Carrier = {};
      propagation.inject(context.active(), carrier, setter);
      return carrier.traceparent ?? null;
    },
    stop: () => provider.shutdown(),
  };
};

const startProvider = async (endpoint: string) => {
  const [{ NodeTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'restage' }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }))],
  });
  provider.register();
  return provider;
};
