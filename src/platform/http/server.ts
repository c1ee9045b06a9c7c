import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { ConfigError } from '../../config.ts';

/** Slow senders are cut: headers within 10 s, a whole request within 10 minutes. */
const serverTimeouts = {
  headersTimeout: 10_000,
  requestTimeout: 600_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
};
const closeWithinMs = 20_000;

export const listen = (
  fetch: (request: Request) => Response | Promise<Response>,
  hostname: string,
  port: number,
): Promise<ServerType> =>
  new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname, port, serverOptions: serverTimeouts, overrideGlobalObjects: false }, () =>
      resolve(server),
    );
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE' || error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL';
      const why = error.code === 'EADDRINUSE' ? 'is taken' : 'cannot be listened on';
      reject(taken ? new ConfigError(`PORT: ${hostname}:${port} ${why}. Set PORT (or HOST) to another.`) : error);
    });
  });

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
