import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Dial, Lookup } from '../../../src/images/guarded-connect.ts';
import { createGuardedFetch } from '../../../src/images/guarded-fetch.ts';
import { RestageError } from '../../../src/operations/errors.ts';
import { type Canaries, startCanaries } from './canaries.ts';
import { eachOf } from './fetching.ts';
import { isForbidden } from './forbidden.ts';
import { addressForms, type Form } from './forms.ts';
import { mutatedUrls } from './mutations.ts';

const count = 100_000;
/** Another one tries others; a failure names it. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_121);

let canaries: Canaries;
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown): void => void unhandled.push(error);
beforeAll(async () => {
  canaries = await startCanaries();
  process.on('unhandledRejection', onUnhandled);
});
afterAll(async () => {
  process.off('unhandledRejection', onUnhandled);
  await canaries.close();
});

/** A name has the addresses that its length chooses, public and private ones. */
const answers = [['93.184.215.14'], ['127.0.0.1'], ['2606:4700::1111', '::1'], [], ['8.8.8.8', '1.0.0.1'], ['127.1']];
const lookup: Lookup = async (hostname) => {
  const addresses = answers[hostname.length % answers.length] ?? [];
  if (hostname.length % 7 === 0) throw new Error('not found');
  return addresses.map((address) => ({ address }));
};

test(`${count} fuzzed addresses crash nothing and reach nothing`, async () => {
  const dialled = { allowed: 0, forbidden: [] as string[] };
  const dial: Dial = async (address) => {
    if (isForbidden(address)) dialled.forbidden.push(address);
    else dialled.allowed += 1;
    throw new Error('this test connects to nothing');
  };
  const guarded = createGuardedFetch({ lookup, dial, bucketMs: 1 });
  const tally = { blocked_address: 0, unreachable_image: 0 };
  const wrong: string[] = [];
  const forms = addressForms(canaries);
  // Half of the seeds are none that their text refuses: what lies behind the first wall is tried as often.
  const deep = forms.filter(({ verdict }) => verdict !== 'refused');
  const seeds = [...forms, ...Array.from({ length: forms.length }, (_, index) => deep[index % deep.length] as Form)];
  const before = await canaries.touched();
  const started = performance.now();
  await eachOf(
    mutatedUrls(
      seeds.map(({ url }) => url),
      count,
      seed,
    ),
    async (url) => {
      const error = await Array.fromAsync(guarded.fetchImage(url, { maxBytes: 10 })).catch((each: unknown) => each);
      const code = error instanceof RestageError ? error.code : '';
      if (code === 'blocked_address' || code === 'unreachable_image') tally[code] += 1;
      else wrong.push(`${JSON.stringify(url)}: ${String(error)}`);
    },
  );
  const seconds = (performance.now() - started) / 1000;
  await guarded.close();
  expect(wrong, `FUZZ_SEED=${seed}`).toEqual([]);
  expect(dialled.forbidden, `FUZZ_SEED=${seed}`).toEqual([]);
  expect(unhandled).toEqual([]);
  expect(await canaries.touched()).toBe(before);
  // The mutations went deep enough: many were whole addresses, and many were dialled.
  expect(tally.blocked_address + tally.unreachable_image).toBe(count);
  expect(tally.unreachable_image).toBeGreaterThan(count / 10);
  expect(dialled.allowed).toBeGreaterThan(count / 20);
  expect(seconds).toBeLessThan(60);
}, 120_000);
