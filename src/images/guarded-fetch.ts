/** Reads an image from an address that a caller named, as if the caller wanted to hurt us with it. */
import { parseAllowList } from './addresses.ts';
import { createGuardedClient, type GuardedClientOptions, type GuardedResponse } from './guarded-client.ts';
import { failAlike } from './guarded-failure.ts';
import { refusedBeforehand } from './guarded-url.ts';
import { imageTooLarge } from './limits.ts';

export interface GuardedFetchOptions extends Partial<Omit<GuardedClientOptions, 'allow'>> {
  /** Entries of `ALLOW_FETCH_FROM`: may be private, and reached over plain http. */
  readonly allow?: readonly string[];
  /** All hops and the whole body. */
  readonly totalTimeoutMs?: number;
  /** Failures come at whole multiples of this. */
  readonly bucketMs?: number;
}

export interface GuardedFetch {
  /** Throws `blocked_address` for what the text of a URL alone refuses. */
  check(url: string): void;
  /**
   * Streams the body. What `check` refuses fails at once; every other failure is `unreachable_image`, in the same words
   * and at whole steps of time, or `too_large`: what is behind an address is for our log (`cause`) alone. Rejects with
   * the signal's reason when it is aborted.
   */
  fetchImage(url: string, options: { maxBytes: number; signal?: AbortSignal }): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

async function* bodyOf(response: GuardedResponse, maxBytes: number): AsyncGenerator<Uint8Array> {
  if (response.status !== 200) throw new Error(`Status ${response.status}`);
  const encoding = response.header('content-encoding') ?? 'identity';
  if (encoding !== 'identity') throw new Error(`Content encoding ${encoding} was not asked for`);
  const length = response.header('content-length');
  if (length !== undefined && Number(length) > maxBytes) throw imageTooLarge(maxBytes, Number(length));
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw imageTooLarge(maxBytes);
    yield chunk;
  }
  if (length !== undefined && Number(length) !== bytes) throw new Error(`${bytes} of ${length} bytes came`);
}

export const createGuardedFetch = (options: GuardedFetchOptions = {}): GuardedFetch => {
  const { totalTimeoutMs = 60_000, bucketMs, ...rest } = options;
  const allow = parseAllowList(options.allow ?? []);
  const client = createGuardedClient({
    maxRedirects: 3,
    connectTimeoutMs: 5000,
    headersTimeoutMs: 15_000,
    idleTimeoutMs: 15_000,
    ...rest,
    allow,
  });

  const check = (url: string): void => {
    const refusal = refusedBeforehand(url, allow);
    if (refusal !== null) throw refusal;
  };

  async function* read(url: string, maxBytes: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const timeout = AbortSignal.timeout(totalTimeoutMs);
    const ending = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    const response = await client.request(url, { method: 'GET', accept: 'image/*', signal: ending });
    try {
      yield* bodyOf(response, maxBytes);
    } finally {
      response.discard();
    }
  }

  return {
    check,
    async *fetchImage(url, { maxBytes, signal }) {
      signal?.throwIfAborted();
      check(url);
      yield* failAlike(read(url, maxBytes, signal), {
        ...(bucketMs !== undefined && { bucketMs }),
        ...(signal !== undefined && { signal }),
      });
    },
    close: client.close,
  };
};
