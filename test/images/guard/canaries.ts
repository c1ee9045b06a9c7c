/** Listeners where nobody may come: on every address of this machine, and on a unix socket. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  type AddressInfo,
  connect,
  createServer,
  type ListenOptions,
  type NetConnectOpts,
  type Server,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Canaries {
  /** The same for IPv4 and IPv6. */
  readonly port: number;
  readonly socketPath: string;
  /** Connections accepted so far, without those that this method makes itself to be sure that none is on its way. */
  touched(): Promise<number>;
  close(): Promise<void>;
}

/** Ways to each listener, one for each address that stands for this machine in its own manner. */
const waysTo = (port: number, path: string): NetConnectOpts[] => [
  ...['127.0.0.1', '127.0.0.2', '127.1.2.3', '0.0.0.0', '::1'].map((host) => ({ host, port })),
  { path },
];

/** Ends when the listener has accepted and dropped the connection, and so every earlier one too. */
const ring = (way: NetConnectOpts): Promise<void> =>
  new Promise((resolve) => {
    connect(way)
      .on('error', () => {})
      .on('close', () => resolve())
      .resume();
  });

const listen = async (server: Server, options: ListenOptions): Promise<Server> => {
  await once(server.listen(options), 'listening');
  return server;
};

/** On the wildcard addresses, or on the named ones where a friend needs the same port on another. */
export const startCanaries = async (hosts: readonly string[] = ['0.0.0.0', '::'], wanted = 0): Promise<Canaries> => {
  const folder = await mkdtemp(join(tmpdir(), 'restage-canary-'));
  const socketPath = join(folder, 'canary.sock');
  let accepted = 0;
  let rung = 0;
  const canary = (): Server =>
    createServer((socket) => {
      accepted += 1;
      socket.on('error', () => {}).destroy();
    });
  const servers: Server[] = [];
  let port = wanted;
  for (const host of hosts) {
    const server = await listen(canary(), { host, port, ipv6Only: true });
    servers.push(server);
    port = (server.address() as AddressInfo).port;
  }
  servers.push(await listen(canary(), { path: socketPath }));
  const isWild = hosts.includes('0.0.0.0');
  const ways = isWild ? waysTo(port, socketPath) : [...hosts.map((host) => ({ host, port })), { path: socketPath }];
  return {
    port,
    socketPath,
    touched: async () => {
      for (const way of ways) await ring(way);
      rung += ways.length;
      return accepted - rung;
    },
    close: async () => {
      for (const server of servers) server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
