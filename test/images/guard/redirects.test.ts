import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGuardedFetch, type GuardedFetch } from '../../../src/images/guarded-fetch.ts';
import { type Canaries, startCanaries } from './canaries.ts';
import { type DnsServer, startDns } from './dns.ts';
import { type Farm, startFarm } from './farm.ts';
import { eachOf, outcomeBy } from './fetching.ts';
import { addressForms } from './forms.ts';

let farm: Farm;
let canaries: Canaries;
let dns: DnsServer;
let guarded: GuardedFetch;
beforeAll(async () => {
  farm = await startFarm();
  canaries = await startCanaries();
  dns = await startDns((name) => (name === 'farm.test' ? { addresses: [farm.host] } : { addresses: ['127.0.0.1'] }));
  guarded = createGuardedFetch({ allow: [farm.host], lookup: dns.lookup, bucketMs: 1 });
});
afterAll(async () => {
  await guarded.close();
  await dns.close();
  await canaries.close();
  farm.close();
});
beforeEach(() => {
  farm.requests.length = 0;
});

const fetching = (url: string) => outcomeBy(guarded, url);
const statuses = [301, 302, 303, 307, 308];

describe('a redirect to what may be fetched is followed', () => {
  test.each(statuses)('status %i, also to a name and without a scheme', async (status) => {
    for (const target of [
      '/image',
      farm.image,
      `//${farm.host}:${farm.port}/image`,
      `http://farm.test:${farm.port}/image`,
      `${farm.image}#@127.0.0.1`,
    ]) {
      expect(await fetching(farm.to(target, status)), target).toMatchObject({ code: 'fetched' });
    }
  });

  test('three times, and no more', async () => {
    expect(await fetching(farm.at('/hops/3'))).toMatchObject({ code: 'fetched' });
    expect(await fetching(farm.at('/hops/4'))).toMatchObject({ code: 'unreachable_image' });
    farm.requests.length = 0;
    expect(await fetching(farm.at('/loop'))).toMatchObject({ code: 'unreachable_image' });
    expect(farm.requests).toHaveLength(4);
    expect(await fetching(farm.at('/nowhere'))).toMatchObject({ code: 'unreachable_image' });
  });
});

describe('a redirect elsewhere is not', () => {
  /** Whatever a header can carry. */
  const targets = (): string[] =>
    addressForms(canaries)
      .filter(({ url, verdict }) => verdict !== 'public' && /^[\t -~\u0080-\ud7ff\ue000-\u{10ffff}]*$/u.test(url))
      // Relative ones lead back to the farm.
      .filter(({ url }) => URL.parse(url, farm.image)?.host !== `${farm.host}:${farm.port}`)
      // A third is enough here, from all over the table.
      .filter((_, index) => index % 3 === 0)
      .map(({ url }) => url);

  test('in any form, to a literal or a name', async () => {
    const before = await canaries.touched();
    const tried = targets();
    expect(tried.length).toBeGreaterThan(700);
    await eachOf(tried, async (target) => {
      expect(await fetching(farm.to(target)), JSON.stringify(target)).toMatchObject({ code: 'unreachable_image' });
    });
    expect(await canaries.touched()).toBe(before);
  });

  test.each(statuses)('status %i', async (status) => {
    const before = await canaries.touched();
    for (const target of [
      `http://127.0.0.1:${canaries.port}/`,
      `https://127.0.0.1:${canaries.port}/`,
      `//127.0.0.1:${canaries.port}/`,
      `\\\\127.0.0.1:${canaries.port}\\`,
      `https://private.test:${canaries.port}/`,
      `http://[::1]:${canaries.port}/`,
      'http://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
      'data:image/png;base64,AAAA',
      // To a friend, but with somebody's password, and over plain http to a stranger.
      `http://user:secret@${farm.host}:${farm.port}/image`,
      'http://8.8.8.8/',
      farm.to(farm.to(`http://127.0.0.1:${canaries.port}/`, status), status),
    ]) {
      const outcome = await fetching(farm.to(target, status));
      expect(outcome, target).toMatchObject({ code: 'unreachable_image', cause: expect.any(Error) });
    }
    expect(await canaries.touched()).toBe(before);
  });
});
