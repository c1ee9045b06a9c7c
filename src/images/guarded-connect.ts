/** Connections that only reach addresses the policy allows, by the very address that was checked. */
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { type AllowList, isPublicAddress, parseAddress, plainHost } from './addresses.ts';
import { BlockedAddress } from './guarded-url.ts';

/** All addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string }[]>;

type ConnectOptions = Parameters<buildConnector.connector>[0];

/** Opens the socket, and TLS in it, to an address that was checked. */
export type Dial = (address: string, options: ConnectOptions, timeoutMs: number) => Promise<Socket>;

export interface ConnectPolicy {
  readonly allow: AllowList;
  /** Unset: the system's resolver. */
  readonly lookup?: Lookup;
  /** For tests, which must not reach what lies beyond this machine. */
  readonly dial?: Dial;
  /** Name resolution and connection together. */
  readonly timeoutMs: number;
}

/** More are not tried; they could only be there to waste time. */
const maxAddresses = 4;

const resolveByName: Lookup = (hostname) => systemLookup(hostname, { all: true });

/** Checks one address that a host stands for; plain http needs the operator's word. */
const check = (hostname: string, address: string, secure: boolean, allow: AllowList): void => {
  if (allow.allowsHost(hostname)) return;
  const parsed = parseAddress(address);
  if (parsed !== null && allow.allowsAddress(parsed)) return;
  if (parsed === null || !isPublicAddress(parsed)) throw new BlockedAddress(`${hostname} is at ${address}`);
  if (!secure) throw new BlockedAddress(`${hostname} over plain http`);
};

/** The addresses to try. One forbidden address among them refuses the whole name. */
const addressesOf = async (hostname: string, secure: boolean, { allow, lookup }: ConnectPolicy): Promise<string[]> => {
  const literal = plainHost(hostname);
  const addresses =
    isIP(literal) !== 0 ? [literal] : (await (lookup ?? resolveByName)(hostname)).map(({ address }) => address);
  for (const address of addresses) check(hostname, address, secure, allow);
  if (addresses.length === 0) throw new Error(`${hostname} has no address`);
  return addresses.slice(0, maxAddresses);
};

const within = async <Value>(promise: Promise<Value>, deadline: number): Promise<Value> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('The name was not resolved in time')), deadline - Date.now());
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
};

const connectTo: Dial = (address, options, timeoutMs) => {
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false, maxCachedSessions: 0 });
  const hostname = plainHost(options.hostname);
  // The certificate must be for the name; without a name, undici and TLS take the address.
  const servername = isIP(hostname) === 0 ? hostname : undefined;
  const { servername: _unset, ...rest } = options;
  return new Promise((resolve, reject) => {
    connect(
      {
        ...rest,
        hostname: address,
        host: address,
        ...(options.protocol === 'https:' && servername !== undefined && { servername }),
      },
      (error, socket) => (error === null ? resolve(socket) : reject(error)),
    );
  });
};

const connectGuarded = async (options: ConnectOptions, policy: ConnectPolicy): Promise<Socket> => {
  const deadline = Date.now() + policy.timeoutMs;
  const dial = policy.dial ?? connectTo;
  const secure = options.protocol === 'https:';
  const addresses = await within(addressesOf(options.hostname, secure, policy), deadline);
  let failure: unknown;
  for (const address of addresses) {
    const left = deadline - Date.now();
    if (left <= 0) break;
    try {
      const socket = await dial(address, options, left);
      // A second wall: whatever the layers between did, the peer is the address that was checked.
      const peer = parseAddress(socket.remoteAddress ?? '');
      if (peer !== null && peer.toString() === parseAddress(address)?.toString()) return socket;
      socket.destroy();
      throw new BlockedAddress(`${options.hostname}: connected to ${socket.remoteAddress}, not ${address}`);
    } catch (error) {
      if (error instanceof BlockedAddress) throw error;
      failure = error;
    }
  }
  throw failure ?? new Error('No connection in time');
};

/** For undici's `connect` option. */
export const guardedConnector =
  (policy: ConnectPolicy): buildConnector.connector =>
  (options, callback) => {
    connectGuarded(options, policy).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
    );
  };
