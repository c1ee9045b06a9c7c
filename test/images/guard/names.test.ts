import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Dial } from '../../../src/images/guarded-connect.ts';
import { createGuardedFetch } from '../../../src/images/guarded-fetch.ts';
import { type Canaries, startCanaries } from './canaries.ts';
import { type DnsAnswer, type DnsServer, startDns } from './dns.ts';
import { type Farm, startFarm } from './farm.ts';
import { eachOf, outcomeBy, outcomeOf } from './fetching.ts';
import { isForbidden } from './forbidden.ts';
import { embedded } from './spellings.ts';
import { privateIpv4, privateIpv6 } from './tables.ts';

/** The farm is allowed; canaries listen on the same port of every other loopback address that is tried. */
let farm: Farm;
let canaries: Canaries;
let dns: DnsServer;
const zone = new Map<string, DnsAnswer>();
/** How often this name was asked for; its answer alternates. */
let turns = 0;

beforeAll(async () => {
  farm = await startFarm();
  canaries = await startCanaries(['127.0.0.1', '127.0.0.2', '127.1.2.3', '::1'], farm.port);
  dns = await startDns((name, type) => {
    if (name !== 'rebind.test') return zone.get(name) ?? 'nxdomain';
    if (type === 'A') turns += 1;
    return { addresses: [turns % 2 === 0 ? farm.host : '127.0.0.1'] };
  });
});
afterAll(async () => {
  await dns.close();
  await canaries.close();
  farm.close();
});
beforeEach(() => {
  zone.clear();
  dns.asked.length = 0;
});

const options = () => ({ allow: [farm.host], lookup: dns.lookup });
const trying = (name: string) => outcomeOf(`http://${name}:${farm.port}/image`, options());

const privates = [
  ...Object.values(privateIpv4),
  ...Object.values(privateIpv6),
  ...Object.values(embedded('127.0.0.1')),
  ...Object.values(embedded('169.254.169.254')),
];

test('an allowed name is fetched, so the way is open', async () => {
  zone.set('farm.test', { addresses: [farm.host] });
  zone.set('alias.test', { cname: ['one.test', 'two.test', 'farm.test'], addresses: [farm.host] });
  expect(await trying('farm.test')).toMatchObject({ code: 'fetched' });
  expect(await trying('alias.test')).toMatchObject({ code: 'fetched' });
  expect(dns.asked).toContain('alias.test A');
});

describe('a name that leads to what is not public is never connected to', () => {
  const noneReached = async (name: string, what: string): Promise<void> => {
    const before = await canaries.touched();
    expect(await trying(name), what).toMatchObject({ code: 'unreachable_image' });
    expect(await canaries.touched(), what).toBe(before);
  };

  test('whatever it resolves to', async () => {
    const before = await canaries.touched();
    for (const [index, address] of privates.entries()) {
      zone.set(`n${index}.test`, { addresses: [address] });
      const outcome = await trying(`n${index}.test`);
      expect(outcome, address).toMatchObject({ code: 'unreachable_image', cause: { name: 'BlockedAddress' } });
    }
    expect(privates.length).toBeGreaterThan(70);
    expect(await canaries.touched()).toBe(before);
  });

  test('behind aliases', async () => {
    zone.set('alias.test', { cname: ['cdn.test', 'localhost'], addresses: ['127.0.0.1'] });
    zone.set('long.test', { cname: Array.from({ length: 12 }, (_, index) => `c${index}.test`), addresses: ['::1'] });
    zone.set('loose.test', { cname: ['localhost'], addresses: [] });
    zone.set('loop.test', { cname: ['loop.test'], addresses: [] });
    for (const name of zone.keys()) await noneReached(name, name);
  });

  test('one forbidden address among good ones refuses them all, wherever it stands', async () => {
    const many = Array.from({ length: 100 }, () => farm.host);
    for (const [index, addresses] of [
      [farm.host, '127.0.0.1'],
      ['127.0.0.1', farm.host],
      [farm.host, '::1'],
      [...many, '127.1.2.3'],
      [farm.host, '8.8.8.8', '127.0.0.2'],
    ].entries()) {
      zone.set(`mixed${index}.test`, { addresses });
      farm.requests.length = 0;
      await noneReached(`mixed${index}.test`, addresses.join());
      expect(farm.requests).toEqual([]);
    }
  });

  test('whose answer is huge, broken, late or none', async () => {
    const answers: DnsAnswer[] = [
      { addresses: Array.from({ length: 3_000 }, (_, index) => `127.1.${index >> 8}.${index & 255}`) },
      { addresses: [] },
      'nxdomain',
      'servfail',
      'garbage',
      'silence',
    ];
    for (const [index, each] of answers.entries()) {
      zone.set(`bad${index}.test`, each);
      await noneReached(`bad${index}.test`, JSON.stringify(each).slice(0, 50));
    }
  });
});

test('a name that changes between check and connection: 1,000 tries, and none lands elsewhere', async () => {
  const before = await canaries.touched();
  const guarded = createGuardedFetch({ ...options(), bucketMs: 1 });
  const url = `http://rebind.test:${farm.port}/image`;
  const tally = { fetched: 0, refused: 0 };
  await eachOf(Array.from({ length: 1_000 }), async () => {
    const { code } = await outcomeBy(guarded, url);
    tally[code === 'fetched' ? 'fetched' : 'refused'] += 1;
  });
  await guarded.close();
  expect(tally.fetched + tally.refused).toBe(1_000);
  // Both kinds of answers were met, in quantity.
  expect(Math.min(tally.fetched, tally.refused)).toBeGreaterThan(100);
  expect(await canaries.touched()).toBe(before);
});

describe('the second wall: the peer is the address that was checked', () => {
  test('a system that takes one address for another gets no request through', async () => {
    // Linux connects 0.0.0.0 to 127.0.0.1; the operator allowed the one and not the other.
    const before = farm.requests.length;
    const local = await startFarm('127.0.0.1');
    const outcome = await outcomeOf(local.image.replace('127.0.0.1', '0.0.0.0'), { allow: ['0.0.0.0'] });
    expect(outcome).toMatchObject({ code: 'unreachable_image', cause: { name: 'BlockedAddress' } });
    expect(outcome.cause).toHaveProperty('message', '0.0.0.0: connected to 127.0.0.1, not 0.0.0.0');
    expect(local.requests).toEqual([]);
    expect(farm.requests).toHaveLength(before);
    local.close();
  });

  test('a connection that something below leads astray is dropped', async () => {
    const astray: Dial = async () => {
      const socket = connect(farm.port, farm.host);
      await new Promise((resolve) => socket.once('connect', resolve));
      return socket;
    };
    farm.requests.length = 0;
    const lookup = async () => [{ address: '93.184.215.14' }];
    const outcome = await outcomeOf(`http://public.test:${farm.port}/image`, {
      allow: ['93.184.215.14'],
      lookup,
      dial: astray,
    });
    expect(outcome).toMatchObject({ code: 'unreachable_image', cause: { name: 'BlockedAddress' } });
    expect(farm.requests).toEqual([]);
  });
});

test('a name at a public address is not fetched over plain http', async () => {
  const dialled: string[] = [];
  const dial: Dial = async (address) => {
    dialled.push(address);
    throw new Error('this test connects to nothing');
  };
  const lookup = async () => [{ address: '93.184.215.14' }];
  // With a network in the list, only the resolver can tell.
  const outcome = await outcomeOf('http://public.test/a.png', { allow: ['10.0.0.0/8'], lookup, dial });
  expect(outcome).toMatchObject({ code: 'unreachable_image', cause: { name: 'BlockedAddress' } });
  expect(dialled).toEqual([]);
  await outcomeOf('https://public.test/a.png', { allow: ['10.0.0.0/8'], lookup, dial });
  expect(dialled).toEqual(['93.184.215.14']);
  expect(isForbidden('93.184.215.14')).toBe(false);
});
