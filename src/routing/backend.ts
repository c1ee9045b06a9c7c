import type { Provider } from '../provider.ts';

/** A provider with fixed options and settings, by an operator's name. Every provider that is on is one by its own id. */
export interface Backend {
  readonly name: string;
  readonly provider: Provider;
  /** What `provider.settings` made of environment and `gateway.yaml`. */
  readonly settings: unknown;
  /** Fixed options; a request's own overlay them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Starts at once in one process. */
  readonly concurrency: number;
}

/** Queue of the backend's jobs that prepare, start and collect. */
export const workQueue = (backend: string): string => `work.${backend}`;
/** Queue of its jobs that only ask how upstream work goes: a hanging start never delays a check. */
export const checkQueue = (backend: string): string => `check.${backend}`;

/**
 * The options of one request at one backend: the fixed ones, overlaid with what was sent under the provider's name, and
 * then with what was sent under the backend's own.
 */
export const optionsAt = ({ name, provider, options }: Backend, sent: SentOptions) =>
  provider.options.safeParse({ ...options, ...sent?.[provider.id], ...sent?.[name] });

type SentOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
