import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type ServerType } from '@hono/node-server';
import { ConfigError } from '../../config.ts';
import { capConnections } from './connection-cap.ts';
import { defaultLimits, type ServerLimits } from './limits.ts';
import { lingerForSenders } from './linger.ts';
import { answerParserErrors, responseTo } from './refusal.ts';
import { announcesBody, bodyOf } from './request-body.ts';
import { cutSlowSenders, cutStalledReaders } from './slow-clients.ts';

const atOnceBytes = 64 * 1024;
/** What Node holds of a body before it stops reading, besides the last chunk: with many at once each turn is shorter. */
const readAheadBytes = 16 * 1024;
const closeWithinMs = 20_000;

type Fetch = (request: Request) => Response | Promise<Response>;

export const listen = (
  fetch: Fetch,
  hostname: string,
  port: number,
  limits: ServerLimits = defaultLimits,
): Promise<ServerType> =>
  new Promise((resolve, reject) => {
    const options = {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      highWaterMark: readAheadBytes,
    };
    const server = createServer(options, listenerOf(fetch, hostname));
    answerParserErrors(server);
    capConnections(server, limits);
    cutSlowSenders(server, limits);
    cutStalledReaders(server, limits);
    lingerForSenders(server);
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE' || error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL';
      const why = error.code === 'EADDRINUSE' ? 'is taken' : 'cannot be listened on';
      reject(taken ? new ConfigError(`PORT: ${hostname}:${port} ${why}. Set PORT (or HOST) to another.`) : error);
    });
    server.listen({ port, host: hostname, backlog: limits.connections }, () => resolve(server));
  });

const listenerOf = (fetch: Fetch, hostname: string) =>
  getRequestListener(
    (request, { incoming }) => {
      const message = incoming as IncomingMessage;
      if (announcesBody(message) && !isReadAtOnce(message)) giveBody(request, message);
      return fetch(request);
    },
    { hostname, overrideGlobalObjects: false, autoCleanupIncoming: false, errorHandler: responseTo },
  );

/** Small JSON, of which thousands come each second, is never read as a stream. */
const isReadAtOnce = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? Number.NaN) <= atOnceBytes && headers['content-type'] === 'application/json';

/**
 * In place of the adapter's own stream, which takes the connection away from who stops reading early. Made when it is
 * asked for: nothing may stand in the way of a body that is refused unread, or is read in one go.
 */
const giveBody = (request: Request, incoming: IncomingMessage): void => {
  let body: ReadableStream<Uint8Array> | undefined;
  Object.defineProperty(request, 'body', {
    get: () => {
      body ??= bodyOf(incoming);
      return body;
    },
  });
};

export const urlOf = (server: ServerType): string => {
  const { address, family, port } = server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
};

/** Open requests are answered, and their connections closed as they fall idle; those that hang are cut after 20 s. */
export const closeServer = (server: ServerType): Promise<void> =>
  new Promise((resolve) => {
    const closeIdle = (): void => {
      if ('closeIdleConnections' in server) server.closeIdleConnections();
    };
    const sweep = setInterval(closeIdle, 50);
    const force = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), closeWithinMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(force);
      resolve();
    });
    closeIdle();
  });
