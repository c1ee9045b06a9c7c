import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Lookup } from '../../../src/images/guarded-connect.ts';
import { createGuardedFetch } from '../../../src/images/guarded-fetch.ts';
import { type DnsServer, startDns } from './dns.ts';
import { type Farm, startFarm } from './farm.ts';
import { type Outcome, outcomeOf } from './fetching.ts';

let farm: Farm;
let dns: DnsServer;
beforeAll(async () => {
  farm = await startFarm();
  dns = await startDns((name) => {
    if (name === 'private.test') return { addresses: ['10.0.0.1'] };
    if (name === 'own.test') return { addresses: ['127.0.0.1'] };
    if (name === 'mixed.test') return { addresses: [farm.host, '192.168.1.1'] };
    if (name === 'farm.test') return { addresses: [farm.host] };
    return name === 'silent.test' ? 'silence' : 'nxdomain';
  });
});
afterAll(async () => {
  await dns.close();
  farm.close();
});

const bucketMs = 1_000;
const trying = (url: string, lookup: Lookup = dns.lookup): Promise<Outcome> =>
  outcomeOf(url, { allow: [farm.host], lookup, bucketMs });
const seen = ({ code, message }: Outcome): string => `${code}: ${message}`;

describe('what the network tells stays with us', () => {
  test('every failure reads the same, and comes at the same time', async () => {
    const talker = createServer((socket) => socket.on('error', () => {}).end('no HTTP')).listen(0, farm.host);
    await new Promise((resolve) => talker.once('listening', resolve));
    const { port } = talker.address() as { port: number };
    const attempts = {
      'a private name': 'https://private.test/',
      'this machine’s name': 'https://own.test/',
      'a mixed name': `http://mixed.test:${farm.port}/image`,
      'no such name': 'https://nobody.test/',
      'a resolver that is silent': 'https://silent.test/',
      'a closed port': 'http://farm.test:1/',
      'a server that speaks no HTTP': `http://${farm.host}:${port}/`,
      'a server that speaks no TLS': `https://${farm.host}:${farm.port}/image`,
      'a bad status': farm.at('/none'),
      'a redirect to a private address': farm.to('https://10.0.0.1/'),
      'a redirect to a private name': farm.to('https://private.test/'),
      'a redirect to nobody': farm.to('https://nobody.test/'),
      'a redirect to another scheme': farm.to('file:///etc/passwd'),
      'a redirect with a user': farm.to(`http://user@${farm.host}:${farm.port}/image`),
      'too many redirects': farm.at('/loop'),
    };
    const outcomes = await Promise.all(Object.values(attempts).map((url) => trying(url)));
    expect(new Set(outcomes.map(seen))).toEqual(
      new Set([
        'unreachable_image: The image could not be fetched from its address. Check that the address answers without a login, or upload the image.',
      ]),
    );
    for (const [index, what] of Object.keys(attempts).entries()) {
      expect(outcomes[index]?.ms, what).toBeGreaterThan(bucketMs - 2);
      expect(outcomes[index]?.ms, what).toBeLessThan(bucketMs * 2);
      expect(outcomes[index]?.cause, what).toBeInstanceOf(Error);
    }
    talker.close();
  });

  test('a failure that takes longer comes at a later step', async () => {
    const slow: Lookup = () => new Promise((_, reject) => setTimeout(reject, 650, new Error('not found')));
    const { ms } = await outcomeOf('https://slow.test/', { lookup: slow, bucketMs: 500 });
    expect(ms).toBeGreaterThan(998);
    expect(ms).toBeLessThan(1_500);
  });

  test('our own cap is said as it is, at the same steps', async () => {
    const guarded = createGuardedFetch({ allow: [farm.host], bucketMs: 300 });
    const started = performance.now();
    await expect(Array.fromAsync(guarded.fetchImage(farm.at('/long'), { maxBytes: 1_000 }))).rejects.toMatchObject({
      code: 'too_large',
    });
    expect(performance.now() - started).toBeGreaterThan(298);
    await guarded.close();
  });

  test('what the text tells is said at once', async () => {
    for (const url of ['https://127.0.0.1/', 'http://8.8.8.8/', 'https://user@public.test/', 'file:///etc/passwd']) {
      const outcome = await trying(url);
      expect(seen(outcome)).toBe(
        'blocked_address: This address may not be fetched. Use a public https:// address, or upload the image.',
      );
      expect(outcome.ms).toBeLessThan(bucketMs / 2);
    }
  });

  test('an end from outside is not held back', async () => {
    const guarded = createGuardedFetch({ lookup: dns.lookup, bucketMs: 20_000 });
    const canceled = new AbortController();
    const started = performance.now();
    const fetching = Array.fromAsync(
      guarded.fetchImage('https://nobody.test/', { maxBytes: 1_000, signal: canceled.signal }),
    );
    setTimeout(() => canceled.abort(new Error('the job was canceled')), 200);
    await expect(fetching).rejects.toThrow('the job was canceled');
    expect(performance.now() - started).toBeLessThan(5_000);
    await guarded.close();
  });
});
