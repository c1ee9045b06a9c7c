import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { isPublicAddress, parseAddress, parseAllowList } from '../../src/images/addresses.ts';
import { forbiddenNetworks, isForbidden } from './guard/forbidden.ts';

const judged = (text: string): boolean | null => {
  const address = parseAddress(text);
  return address === null ? null : isPublicAddress(address);
};

const forbidden = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.100.100.200',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '168.63.129.16',
  '169.254.0.1',
  '169.254.169.254',
  '169.254.170.2',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.0.192',
  '192.0.2.1',
  '192.31.196.1',
  '192.52.193.1',
  '192.88.99.1',
  '192.168.0.1',
  '192.168.255.255',
  '192.175.48.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::2',
  '::127.0.0.1',
  '::8.8.8.8',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:7f00:1',
  '::ffff:0:127.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::808:808',
  '64:ff9b:1::a00:1',
  '100::1',
  '100:0:0:1::1',
  '2001::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:2::1',
  '2001:3::1',
  '2001:10::1',
  '2001:20::1',
  '2001:30::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  '2002:808:808::1',
  '2620:4f:8000::1',
  '3fff::1',
  '4000::1',
  '5f00::1',
  '8000::1',
  'fc00::1',
  'fd00:ec2::254',
  'fdff::1',
  'fe80::1',
  'febf::1',
  'fec0::1',
  'ff02::1',
  'ff0e::1',
  '2a00:1450::5efe:10.0.0.1',
  '2a00:1450::200:5efe:127.0.0.1',
];

describe('addresses that a caller may not reach', () => {
  test('there are enough of them here', () => expect(forbidden.length).toBeGreaterThan(60));
  test.each(forbidden)('%s', (address) => expect(judged(address)).toBe(false));
});

describe('addresses of the public internet', () => {
  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '93.184.216.34',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '168.63.129.15',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.1',
    '192.167.255.255',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:81b::200e',
    '2400:cb00::1',
    '2003::1',
  ])('%s', (address) => expect(judged(address)).toBe(true));
});

describe('a second list, judged by Node', () => {
  /** The address so far away from the first or last one of a network; null past the ends of all addresses. */
  const edge = ([network, length]: [ReturnType<typeof ipaddr.parse>, number], end: 0 | 1, away: bigint) => {
    const bits = network.toByteArray().length * 8;
    const first = network.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const value = first + (end === 1 ? (1n << BigInt(bits - length)) - 1n : 0n) + away;
    if (value < 0n || value >= 1n << BigInt(bits)) return null;
    return ipaddr.fromByteArray(
      Array.from({ length: bits / 8 }, (_, index) => Number((value >> BigInt(bits - 8 * (index + 1))) & 255n)),
    );
  };

  test.each(forbiddenNetworks)('agrees at the edges of %s, %s', (text) => {
    const network = ipaddr.parseCIDR(text);
    for (const [end, away] of [
      [0, 0n],
      [1, 0n],
      [0, -1n],
      [1, 1n],
    ] as const) {
      const address = edge(network, end, away);
      if (address === null) continue;
      if (away === 0n) expect(isPublicAddress(address), address.toString()).toBe(false);
      expect(isPublicAddress(address), address.toString()).toBe(!isForbidden(address.toString()));
    }
  });
});

describe('what is no address', () => {
  test.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    '127.1',
    '1.2.3.256',
    'fe80::1%eth0',
    '::1%lo',
    '[::1]',
    'localhost',
    '1.2.3.4 ',
    '::g',
    ':::',
    '1:2:3:4:5:6:7:8:9',
  ])('%j', (text) => expect(judged(text)).toBeNull());
});

describe('ALLOW_FETCH_FROM', () => {
  const allow = parseAllowList(['Images.Internal.', '10.1.0.0/16', '127.0.0.1', 'fd00::/8', '::1', ' store ']);
  test.each(['images.internal', 'IMAGES.INTERNAL', 'images.internal.', 'store'])('host %s', (host) => {
    expect(allow.allowsHost(host)).toBe(true);
  });
  test.each(['internal', 'my.images.internal', 'images.internal.evil.example', 'images-internal', '127.0.0.1'])(
    'not host %s',
    (host) => {
      expect(allow.allowsHost(host)).toBe(false);
    },
  );
  const allows = (text: string): boolean => {
    const address = parseAddress(text);
    return address !== null && allow.allowsAddress(address);
  };
  test.each(['10.1.0.0', '10.1.255.255', '127.0.0.1', 'fd12::1', '::1'])('address %s', (text) =>
    expect(allows(text)).toBe(true),
  );
  test.each(['10.2.0.0', '127.0.0.2', 'fc00::1', '::2', '::ffff:127.0.0.1', '::ffff:10.1.0.1'])(
    'not address %s',
    (text) => expect(allows(text)).toBe(false),
  );
  test('it is told whether names may lead into it', () => {
    expect(allow.hasNetworks).toBe(true);
    expect(parseAllowList(['10.1.2.3']).hasNetworks).toBe(true);
    expect(parseAllowList(['images.internal']).hasNetworks).toBe(false);
    expect(parseAllowList([]).hasNetworks).toBe(false);
  });
  test.each(['http://host', 'host:80', '10.0.0.0/33', 'a b', '', '*.internal', '-x', 'a..b', '10.0.0.0/', '/8'])(
    'the start stops at %j, saying what to write',
    (entry) => {
      expect(() => parseAllowList([entry])).toThrow('ALLOW_FETCH_FROM');
      expect(() => parseAllowList([entry])).toThrow('Write "images.internal"');
    },
  );
});
