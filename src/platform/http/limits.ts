/** What the server bears of its clients. Who is slower or comes more often is cut. */
export interface ServerLimits {
  /** From the connection, or the end of the request before, to the end of the headers. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** A body has to bring so much over any `bodyWindowMs` in which it is waited for. */
  readonly bodyBytesPerSecond: number;
  readonly bodyWindowMs: number;
  /** An answer of which nothing is taken for so long, or at most twice as long, is given up. */
  readonly stalledAnswerMs: number;
  readonly keepAliveMs: number;
  readonly checkEveryMs: number;
  /** Further ones are closed at once. */
  readonly connections: number;
  /** Of an IPv4 address or an IPv6 network of 64 bits; a proxy in front is one address. */
  readonly connectionsPerAddress: number;
}

export const defaultLimits: ServerLimits = {
  headersMs: 10_000,
  requestMs: 600_000,
  bodyBytesPerSecond: 16_000,
  bodyWindowMs: 8_000,
  stalledAnswerMs: 15_000,
  keepAliveMs: 65_000,
  checkEveryMs: 1_000,
  connections: 8_192,
  connectionsPerAddress: 2_048,
};
