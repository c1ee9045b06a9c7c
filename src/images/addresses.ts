/** Which addresses the gateway may fetch from on behalf of a caller. Judges parsed bytes, never spelling. */
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;
type Network = [Address, number];

/** Special networks besides those that ipaddr.js knows as such. */
const denied: readonly Network[] = [
  // Azure's platform address: metadata, DNS. https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  '168.63.129.16/32',
  // Shared address space (also Alibaba's metadata service) and IETF assignments, benchmarking
  '100.64.0.0/10',
  '192.0.0.0/24',
  '198.18.0.0/15',
  // NAT64, also with a local prefix (RFC 8215)
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  // Teredo with the other IETF assignments, 6to4, documentation, unique local, site local
  '2001::/23',
  '2002::/16',
  '2001:db8::/32',
  '3fff::/20',
  'fc00::/7',
  'fec0::/10',
].map((network) => ipaddr.parseCIDR(network));

const globalUnicastV6: Network = ipaddr.parseCIDR('2000::/3');

const within = (address: Address, [network, length]: Network): boolean =>
  address.kind() === network.kind() && address.match(network, length);

/** ISATAP (RFC 5214): the last four bytes are an IPv4 address behind `0:5efe` or `200:5efe`. */
const isIsatap = (bytes: readonly number[]): boolean =>
  bytes.length === 16 && ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;

/** Null for everything that is not one full IPv4 or IPv6 address; zone ids and short forms are none. */
export const parseAddress = (text: string): Address | null => {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return null;
  return ipaddr.IPv6.parse(text);
};

/** Global unicast, and of no use for reaching something else through it. IPv4 inside IPv6 never counts. */
export const isPublicAddress = (address: Address): boolean =>
  address.range() === 'unicast' &&
  (address.kind() === 'ipv4' || within(address, globalUnicastV6)) &&
  !denied.some((network) => within(address, network)) &&
  !isIsatap(address.toByteArray());

/** A host name as it is compared: without the final dot and the brackets of an IPv6 literal, in lower case. */
export const plainHost = (hostname: string): string =>
  hostname
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[(.*)\]$/, '$1');

export interface AllowList {
  /** The operator named this host itself. */
  allowsHost(hostname: string): boolean;
  /** The operator named this address or a network around it. */
  allowsAddress(address: Address): boolean;
  /** Any address or network is named: what a name resolves to may be allowed. */
  readonly hasNetworks: boolean;
}

const hostPattern =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

const parseNetwork = (entry: string): Network | null => {
  const address = parseAddress(entry);
  if (address !== null) return [address, address.kind() === 'ipv4' ? 32 : 128];
  if (!entry.includes('/')) return null;
  try {
    return ipaddr.parseCIDR(entry);
  } catch {
    return null;
  }
};

/** Reads `ALLOW_FETCH_FROM`: host names, addresses and networks. Throws on anything else. */
export const parseAllowList = (entries: readonly string[]): AllowList => {
  const hosts = new Set<string>();
  const networks: Network[] = [];
  for (const entry of entries) {
    const plain = plainHost(entry.trim());
    const network = parseNetwork(plain);
    if (network !== null) networks.push(network);
    else if (hostPattern.test(plain)) hosts.add(plain);
    else {
      throw new Error(
        `ALLOW_FETCH_FROM: "${entry}" is no host name, address or network. Write "images.internal", "10.1.2.3" or "10.0.0.0/8", without scheme and port.`,
      );
    }
  }
  return {
    allowsHost: (hostname) => hosts.has(plainHost(hostname)),
    allowsAddress: (address) => networks.some((network) => within(address, network)),
    hasNetworks: networks.length > 0,
  };
};
