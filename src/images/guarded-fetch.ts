/** Reads an image from an address that a caller named, as if the caller wanted to hurt us with it. */
import { Agent, type Dispatcher } from 'undici';
import { RestageError } from '../operations/errors.ts';
import { isPublicAddress, parseAddress, parseAllowList, plainHost } from './addresses.ts';
import { BlockedAddress, guardedConnector, type Lookup } from './guarded-connect.ts';
import { imageTooLarge } from './limits.ts';

export interface GuardedFetchOptions {
  /** Entries of `ALLOW_FETCH_FROM`: may be private, and reached over plain http. */
  readonly allow?: readonly string[];
  readonly maxRedirects?: number;
  readonly connectTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  /** Longest silence within the body. */
  readonly idleTimeoutMs?: number;
  /** All hops and the whole body. */
  readonly totalTimeoutMs?: number;
  /** For tests. */
  readonly lookup?: Lookup;
}

export interface GuardedFetch {
  /**
   * Streams the body. Every failure is `blocked_address`, `unreachable_image` or `too_large`, always in the same words:
   * what is behind an address is for our log (`cause`) alone. Rejects with the signal's reason when it is aborted.
   */
  fetchImage(url: string, options: { maxBytes: number; signal?: AbortSignal }): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

const blocked = (cause: unknown): RestageError =>
  new RestageError(
    'blocked_address',
    'This address may not be fetched. Use a public https:// address, or upload the image.',
    { cause },
  );

const unreachable = (cause: unknown): RestageError =>
  new RestageError(
    'unreachable_image',
    'The image could not be fetched from its address. Check that the address answers without a login, or upload the image.',
    { cause },
  );

const redirects = new Set([301, 302, 303, 307, 308]);

const isBlocked = (error: unknown): boolean =>
  error instanceof BlockedAddress || (error instanceof Error && error.cause !== undefined && isBlocked(error.cause));

/** What can be told from the address alone; the connector judges the rest. */
const checkedUrl = (text: string, base: URL | undefined, allow: ReturnType<typeof parseAllowList>): URL => {
  const url = URL.parse(text, base?.href);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new BlockedAddress('no http(s) URL');
  if (url.username !== '' || url.password !== '') throw new BlockedAddress('user or password in the URL');
  url.hash = '';
  const literal = parseAddress(plainHost(url.hostname));
  if (allow.allowsHost(url.hostname) || (literal !== null && allow.allowsAddress(literal))) return url;
  if (literal !== null && !isPublicAddress(literal)) throw new BlockedAddress(`literal ${url.hostname}`);
  if (literal !== null && url.protocol === 'http:') throw new BlockedAddress('plain http');
  return url;
};

const headerOf = (headers: Dispatcher.ResponseData['headers'], name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const discard = (response: Dispatcher.ResponseData): void => {
  response.body.on('error', () => {});
  response.body.destroy();
};

export const createGuardedFetch = (options: GuardedFetchOptions = {}): GuardedFetch => {
  const { maxRedirects = 3, connectTimeoutMs = 5000, headersTimeoutMs = 15_000 } = options;
  const { idleTimeoutMs = 15_000, totalTimeoutMs = 60_000, lookup } = options;
  const allow = parseAllowList(options.allow ?? []);
  // An own agent: proxies from the environment, cookies and the global dispatcher play no part.
  const agent = new Agent({
    connect: guardedConnector({ allow, timeoutMs: connectTimeoutMs, ...(lookup !== undefined && { lookup }) }),
    headersTimeout: headersTimeoutMs,
    bodyTimeout: idleTimeoutMs,
    pipelining: 1,
    allowH2: false,
  });

  /** One hop, on a connection of its own, so that each is resolved and checked anew. */
  const requestOnce = (url: URL, signal: AbortSignal): Promise<Dispatcher.ResponseData> =>
    agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'Restage' },
      reset: true,
      signal,
    });

  const follow = async (text: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
    let url = checkedUrl(text, undefined, allow);
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const response = await requestOnce(url, signal);
      if (!redirects.has(response.statusCode)) return response;
      discard(response);
      url = checkedUrl(headerOf(response.headers, 'location') ?? '', url, allow);
    }
    throw new Error('Too many redirects');
  };

  async function* read(response: Dispatcher.ResponseData, maxBytes: number): AsyncGenerator<Uint8Array> {
    if (response.statusCode !== 200) throw new Error(`Status ${response.statusCode}`);
    const encoding = headerOf(response.headers, 'content-encoding') ?? 'identity';
    if (encoding !== 'identity') throw new Error(`Content encoding ${encoding} was not asked for`);
    const length = headerOf(response.headers, 'content-length');
    if (length !== undefined && Number(length) > maxBytes) throw imageTooLarge(maxBytes, Number(length));
    let bytes = 0;
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw imageTooLarge(maxBytes);
      yield chunk;
    }
    if (length !== undefined && Number(length) !== bytes) throw new Error(`${bytes} of ${length} bytes came`);
  }

  return {
    async *fetchImage(url, { maxBytes, signal }) {
      const timeout = AbortSignal.timeout(totalTimeoutMs);
      const ending = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
      let response: Dispatcher.ResponseData | undefined;
      try {
        ending.throwIfAborted();
        response = await follow(url, ending);
        yield* read(response, maxBytes);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof RestageError) throw error;
        throw isBlocked(error) ? blocked(error) : unreachable(error);
      } finally {
        if (response !== undefined) discard(response);
      }
    },
    close: () => agent.destroy(),
  };
};
