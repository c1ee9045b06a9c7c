/** Requests to addresses that callers named: every hop is checked by its text, its resolution and its peer. */
import { Agent, type Dispatcher } from 'undici';
import type { AllowList } from './addresses.ts';
import { type ConnectPolicy, guardedConnector } from './guarded-connect.ts';
import { checkedUrl } from './guarded-url.ts';

export interface GuardedClientOptions extends Pick<ConnectPolicy, 'lookup' | 'dial'> {
  readonly allow: AllowList;
  /** Of a GET; a POST goes nowhere but to its own address. */
  readonly maxRedirects: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** Longest silence within the body. */
  readonly idleTimeoutMs: number;
}

/** A GET carries nothing of anybody's, so that it can be sent wherever a redirect leads. */
export type GuardedRequest = { readonly signal: AbortSignal } & (
  | { readonly method: 'GET'; readonly accept: string }
  | {
      readonly method: 'POST';
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
    }
);

export interface GuardedResponse {
  readonly status: number;
  header(name: string): string | undefined;
  /** As it comes. Ending the loop early ends the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection; to be called where the body is not read to its end. */
  discard(): void;
}

export interface GuardedClient {
  /** Any status is an answer, that of a redirect too when no more are followed. Rejects with why there is none. */
  request(url: string, request: GuardedRequest): Promise<GuardedResponse>;
  close(): Promise<void>;
}

const redirects = new Set([301, 302, 303, 307, 308]);

const answerOf = ({ statusCode, headers, body }: Dispatcher.ResponseData): GuardedResponse => ({
  status: statusCode,
  header: (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  },
  body: body as AsyncIterable<Uint8Array>,
  discard: () => {
    body.on('error', () => {});
    body.destroy();
  },
});

export const createGuardedClient = (options: GuardedClientOptions): GuardedClient => {
  const { allow, maxRedirects, lookup, dial } = options;
  // An own agent: proxies from the environment, cookies and the global dispatcher play no part.
  const agent = new Agent({
    connect: guardedConnector({
      allow,
      timeoutMs: options.connectTimeoutMs,
      ...(lookup !== undefined && { lookup }),
      ...(dial !== undefined && { dial }),
    }),
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.idleTimeoutMs,
    pipelining: 1,
    allowH2: false,
  });

  /** One hop, on a connection of its own, so that each is resolved and checked anew. */
  const requestOnce = async (url: URL, request: GuardedRequest): Promise<GuardedResponse> => {
    const { method, signal } = request;
    const own = { 'accept-encoding': 'identity', 'user-agent': 'Restage' };
    const response = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: request.method === 'GET' ? { accept: request.accept, ...own } : { ...request.headers, ...own },
      ...(request.method === 'POST' && { body: request.body }),
      reset: true,
      signal,
    });
    return answerOf(response);
  };

  return {
    async request(text, request) {
      const most = request.method === 'GET' ? maxRedirects : 0;
      let url = checkedUrl(text, undefined, allow);
      for (let followed = 0; ; followed += 1) {
        const response = await requestOnce(url, request);
        if (followed === most || !redirects.has(response.status)) return response;
        response.discard();
        url = checkedUrl(response.header('location') ?? '', url, allow);
      }
    },
    close: () => agent.destroy(),
  };
};
