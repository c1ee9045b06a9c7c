/** What the gateway tells its operators. Never secrets, never image data, never upstream wording to a caller. */
export interface Telemetry {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Runs inside a span; `parent` is a W3C traceparent, such as the one kept with a job. */
  span<Result>(name: string, options: SpanOptions, work: () => Promise<Result>): Promise<Result>;
  /** The traceparent of the span at hand, to be kept with a job. */
  traceparent(): string | null;
}

export interface Log {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export interface SpanOptions {
  readonly parent?: string | null;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

export interface Metrics {
  request(method: string, route: string, status: number, seconds: number): void;
  accepted(operation: string, backend: string): void;
  ended(operation: string, backend: string, outcome: string, seconds: number): void;
  step(step: string, backend: string, seconds: number): void;
  inFlight(bytes: number): void;
  unknownOutcome(backend: string): void;
}
