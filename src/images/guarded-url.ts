/** What the text of an address tells by itself, before anything is resolved. Web standards only. */
import { RestageError } from '../operations/errors.ts';
import { type AllowList, isPublicAddress, parseAddress, plainHost } from './addresses.ts';

/** The policy refused. The message is for our log. */
export class BlockedAddress extends Error {
  override readonly name = 'BlockedAddress';
}

/** These names mean this machine whatever a resolver makes of them (RFC 6761, section 6.3). */
const isLocalhost = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost');

const allowsLoopback = (allow: AllowList): boolean =>
  ['127.0.0.1', '::1'].map(parseAddress).some((address) => address !== null && allow.allowsAddress(address));

/** Throws for a host that no resolver has to be asked about. */
const checkHost = (url: URL, allow: AllowList): void => {
  const host = plainHost(url.hostname);
  if (allow.allowsHost(host)) return;
  const literal = parseAddress(host);
  if (literal !== null) {
    if (allow.allowsAddress(literal)) return;
    if (!isPublicAddress(literal)) throw new BlockedAddress(`literal ${host}`);
    if (url.protocol === 'http:') throw new BlockedAddress(`${host} over plain http`);
    return;
  }
  if (isLocalhost(host) && !allowsLoopback(allow)) throw new BlockedAddress(`${host} is this machine`);
  // With networks in the list, the name may turn out to be in one of them.
  if (url.protocol === 'http:' && !allow.hasNetworks) throw new BlockedAddress(`${host} over plain http`);
};

/** The URL to request, or `BlockedAddress`. A name in it is still to be resolved and checked. */
export const checkedUrl = (text: string, base: URL | undefined, allow: AllowList): URL => {
  const url = URL.parse(text, base?.href);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new BlockedAddress('no http(s) URL');
  if (url.username !== '' || url.password !== '') throw new BlockedAddress('user or password in the URL');
  url.hash = '';
  checkHost(url, allow);
  return url;
};

/** The error of an address that would be refused unseen; null where only a resolver or the network can tell. */
export const refusedBeforehand = (text: string, allow: AllowList): RestageError | null => {
  try {
    checkedUrl(text, undefined, allow);
    return null;
  } catch (cause) {
    return new RestageError(
      'blocked_address',
      'This address may not be fetched. Use a public https:// address, or upload the image.',
      { cause },
    );
  }
};
