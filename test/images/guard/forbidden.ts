/** Which addresses a caller may not reach, written down a second time and judged by Node instead of our own code. */
import { BlockList, isIPv4 } from 'node:net';

/** What each network is, by the IANA registries of special-purpose addresses and the manuals of the clouds. */
export const forbiddenNetworks: readonly (readonly [network: string, what: string])[] = [
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'carrier-grade NAT, and Alibaba’s metadata'],
  ['127.0.0.0/8', 'loopback'],
  ['168.63.129.16/32', 'Azure’s platform'],
  ['169.254.0.0/16', 'link-local, and metadata of most clouds'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'IETF assignments, and Oracle’s metadata'],
  ['192.0.2.0/24', 'documentation'],
  ['192.31.196.0/24', 'AS112'],
  ['192.52.193.0/24', 'AMT'],
  ['192.88.99.0/24', '6to4 relays'],
  ['192.168.0.0/16', 'private'],
  ['192.175.48.0/24', 'AS112'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved, and broadcast'],
  ['::/3', 'unspecified, loopback, mapped, compatible, translated, NAT64, discard-only'],
  ['2001::/23', 'Teredo, benchmarking, ORCHID'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4'],
  ['2620:4f:8000::/48', 'AS112'],
  ['3fff::/20', 'documentation'],
  ['4000::/2', 'unassigned, segment routing'],
  ['8000::/1', 'unassigned, unique local, link-local, site-local, multicast'],
];

const families = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network] of forbiddenNetworks) {
  const [address = '', length] = network.split('/');
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  families[family].addSubnet(address, Number(length), family);
}

/** ISATAP hides an IPv4 address in the last two groups of any IPv6 address, behind `0:5efe` or `200:5efe`. */
const isIsatap = (address: string): boolean => {
  const [head = [], tail = []] = address.split('::').map((side) => side.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const groups = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
  return groups[5] === 0x5efe && (groups[4] === 0 || groups[4] === 0x200);
};

/** `address` is a full IPv4 address or an IPv6 address in hex, without a zone. */
export const isForbidden = (address: string): boolean => {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  return families[family].check(address, family) || (family === 'ipv6' && isIsatap(address));
};
