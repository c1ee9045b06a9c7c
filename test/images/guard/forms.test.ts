import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Dial, Lookup } from '../../../src/images/guarded-connect.ts';
import { createGuardedFetch, type GuardedFetch } from '../../../src/images/guarded-fetch.ts';
import { RestageError } from '../../../src/operations/errors.ts';
import { type Canaries, startCanaries } from './canaries.ts';
import { isForbidden } from './forbidden.ts';
import { addressForms, type Form } from './forms.ts';

let canaries: Canaries;
let forms: Form[];
let guarded: GuardedFetch;
const seen = { asked: [] as string[], dialled: [] as string[] };

const lookup: Lookup = async (hostname) => {
  seen.asked.push(hostname);
  return [{ address: '127.0.0.1' }];
};
/** Nothing leaves this machine: what would be connected to is only noted. */
const dial: Dial = async (address): Promise<Socket> => {
  seen.dialled.push(address);
  throw new Error('this test connects to nothing');
};

beforeAll(async () => {
  canaries = await startCanaries();
  forms = addressForms(canaries);
  guarded = createGuardedFetch({ lookup, dial, bucketMs: 1 });
});
afterAll(async () => {
  await guarded.close();
  await canaries.close();
});
beforeEach(() => {
  seen.asked.length = 0;
  seen.dialled.length = 0;
});

const failing = async (url: string): Promise<string> => {
  const error = await Array.fromAsync(guarded.fetchImage(url, { maxBytes: 10 })).catch((each: unknown) => each);
  return error instanceof RestageError ? error.code : `no refusal but ${String(error)}`;
};

/** Those that came to another end than `expected`; a list to read, not a thousand tests. */
const wrong = async (tried: readonly Form[], expected: string): Promise<string[]> => {
  const found: string[] = [];
  for (const { url, what } of tried) {
    const code = await failing(url);
    if (code !== expected) found.push(`${JSON.stringify(url)} (${what}): ${code}`);
  }
  return found;
};

test('there are many forms, and each is there once', () => {
  const urls = new Set(forms.map(({ url }) => url));
  expect(urls.size).toBeGreaterThan(1_500);
  expect(forms.length - urls.size).toBeLessThan(forms.length / 20);
});

test('the canaries sing', async () => {
  const before = await canaries.touched();
  await fetch(`http://127.0.0.1:${canaries.port}/`).catch(() => {});
  await fetch(`http://[::1]:${canaries.port}/`).catch(() => {});
  expect(await canaries.touched()).toBe(before + 2);
});

describe('no spelling reaches what is not public', () => {
  test('what the text tells is refused before anything is asked or dialled', async () => {
    const before = await canaries.touched();
    const refused = forms.filter(({ verdict }) => verdict === 'refused');
    expect(refused.length).toBeGreaterThan(1_300);
    expect(await wrong(refused, 'blocked_address')).toEqual([]);
    expect(seen).toEqual({ asked: [], dialled: [] });
    expect(await canaries.touched()).toBe(before);
  });

  test('and `check` says the same of all of them, and nothing of the others', () => {
    for (const { url, verdict } of forms) {
      const attempt = (): void => guarded.check(url);
      if (verdict === 'refused') expect(attempt, url).toThrow(RestageError);
      else expect(attempt, url).not.toThrow();
    }
    expect(seen).toEqual({ asked: [], dialled: [] });
  });

  test('a name is refused by what it resolves to, and cannot be told from one that does not answer', async () => {
    const before = await canaries.touched();
    const named = forms.filter(({ verdict }) => verdict === 'name');
    expect(await wrong(named, 'unreachable_image')).toEqual([]);
    expect(seen.asked).toHaveLength(named.length);
    expect(seen.dialled).toEqual([]);
    expect(await canaries.touched()).toBe(before);
  });

  test('a name over plain http is refused by its text, as nothing could allow it', async () => {
    const named = forms
      .filter(({ verdict }) => verdict === 'name')
      .map((form) => ({ ...form, url: form.url.replace(/^https/, 'http') }));
    expect(await wrong(named, 'blocked_address')).toEqual([]);
    expect(seen).toEqual({ asked: [], dialled: [] });
  });
});

test('the same spellings of public addresses are dialled, so nothing is refused for being odd', async () => {
  for (const { url, address, what } of forms.filter(({ verdict }) => verdict === 'public')) {
    expect(await failing(url)).toBe('unreachable_image');
    expect(seen.dialled.splice(0), what).toEqual([address]);
    expect(isForbidden(address ?? '')).toBe(false);
  }
});
