import { describe, expect, test } from 'vitest';
import { isPlainFile } from '../../src/images/metadata.ts';
import { verifyOutput } from '../../src/images/verify.ts';
import { RestageError } from '../../src/operations/errors.ts';
import { brokenMoving, brokenStills } from './broken.ts';
import { impurity, preparedOrRefused } from './expectations.ts';
import { hugeHeaders } from './headers.ts';
import { smuggled } from './payloads.ts';
import { carryingPolyglots, pretenders } from './polyglots.ts';
import type { Specimen } from './specimen.ts';

const named = (all: readonly Specimen[]) => all.map(({ name, make }) => [name, make] as const);

/** The time one hostile picture may take from a decoder; measured far below on an idle machine. */
const mostMs = 5000;

describe('behind a huge header there is a picture, or a refusal', () => {
  test.each(named(hugeHeaders))('%s', async (_name, make) => {
    const bytes = await make();
    const started = performance.now();
    const prepared = await preparedOrRefused(bytes);
    expect(performance.now() - started).toBeLessThan(mostMs);
    if (prepared === null) return;
    expect(prepared).toMatchObject({ width: 64, height: 48 });
    expect(await impurity(prepared.bytes)).toBeNull();
  });
});

describe('cut off', () => {
  test.each(named(brokenStills))('%s', async (_name, make) => expect(await preparedOrRefused(await make())).toBeNull());

  test.each(named(brokenMoving))('%s', async (_name, make) => {
    const prepared = await preparedOrRefused(await make());
    if (prepared !== null) expect(prepared).toMatchObject({ width: 80, height: 60 });
  });
});

describe('polyglots', () => {
  test('there are enough of them here', () => {
    expect(carryingPolyglots.length).toBeGreaterThanOrEqual(200);
    expect(pretenders.length).toBeGreaterThanOrEqual(150);
  });

  test.each(named(carryingPolyglots))('of %s, the picture alone is left', async (_name, make) => {
    const bytes = await make();
    const prepared = await preparedOrRefused(bytes);
    expect(prepared).not.toBeNull();
    if (prepared === null) return;
    expect(await impurity(prepared.bytes)).toBeNull();
    expect(Buffer.from(prepared.bytes).includes(smuggled)).toBe(false);
    expect(isPlainFile(prepared.bytes, prepared.contentType)).toBe(true);
    // As a provider's result: never as it came.
    const verified = await verifyOutput(bytes);
    expect(verified.encodedAnew).toBe(true);
    expect(Buffer.from(verified.bytes).includes(smuggled)).toBe(false);
  });

  test.each(named(pretenders))('%s is no picture', async (_name, make) => {
    const bytes = await make();
    expect(await preparedOrRefused(bytes)).toBeNull();
    const refusal = await verifyOutput(bytes).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RestageError);
    expect(refusal).toMatchObject({ code: 'provider_error', retryable: true });
  });
});
