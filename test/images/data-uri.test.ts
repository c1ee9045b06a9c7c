import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataUriReader, decodeDataUri } from '../../src/images/data-uri.ts';
import { RestageError } from '../../src/operations/errors.ts';

/** As JSON parsing makes strings: in one piece. */
const flat = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
const uriOf = (bytes: Uint8Array): string => flat(`data:image/png;base64,${Buffer.from(bytes).toString('base64')}`);

describe('data: URIs', () => {
  test('every length comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), (bytes) => {
        expect(Buffer.from(decodeDataUri(uriOf(bytes), 500)).equals(bytes)).toBe(true);
      }),
    );
  });

  test.each([
    'data:image/png;base64,AAAA',
    'DATA:IMAGE/PNG;BASE64,AAAA',
    'data:image/x-anything;base64,AAAA',
    'data:image/svg+xml;base64,AAAA',
  ])('%s is read; its content is judged elsewhere', (uri) => expect(decodeDataUri(uri, 10)).toHaveLength(3));

  test.each([
    ['data:image/png,AAAA', 'does not begin right'],
    ['data:text/html;base64,AAAA', 'does not begin right'],
    ['data:;base64,AAAA', 'does not begin right'],
    ['data:image/;base64,AAAA', 'does not begin right'],
    ['data:image/png;charset=utf-8;base64,AAAA', 'does not begin right'],
    ['data:image/png; base64,AAAA', 'does not begin right'],
    [' data:image/png;base64,AAAA', 'does not begin right'],
    [`data:image/${'p'.repeat(200)};base64,AAAA`, 'does not begin right'],
    ['data:image/png;base64,', 'empty'],
    ['data:image/png;base64,==', 'empty'],
    ['data:image/png;base64,AAA', 'empty'],
    ['data:image/png;base64,AAAAA', 'multiple of four'],
    ['data:image/png;base64,AAAAAA=', 'multiple of four'],
    ['data:image/png;base64,AA AA===', 'character'],
    ['data:image/png;base64,AAAA\nAAA', 'character'],
    ['data:image/png;base64,AA==AAAA', 'character'],
    ['data:image/png;base64,A===', 'character'],
    ['data:image/png;base64,AAA-', 'character'],
    ['data:image/png;base64,AAA_', 'character'],
    ['data:image/png;base64,AAA%', 'character'],
    ['data:image/png;base64,AAA\u0141', 'character'],
    ['data:image/png;base64,data:image/png;base64,AAAAAA', 'character'],
  ])('%j is refused, saying how it has to be', (uri, reason) => {
    expect(() => decodeDataUri(uri, 1000)).toThrow(
      expect.objectContaining({ code: 'unprocessable_image', message: expect.stringContaining(reason) }),
    );
    expect(() => decodeDataUri(uri, 1000)).toThrow('data:image/<type>;base64,');
  });

  test('too large is told from the length, without decoding', () => {
    expect(decodeDataUri(uriOf(new Uint8Array(1000)), 1000)).toHaveLength(1000);
    const huge = flat(`data:image/png;base64,${' '.repeat(100_000_000)}`);
    const before = process.memoryUsage().arrayBuffers;
    const started = performance.now();
    expect(() => decodeDataUri(uriOf(new Uint8Array(1001)), 1000)).toThrow(
      'The image has 1001 bytes; the limit is 1000 bytes.',
    );
    expect(() => decodeDataUri(huge, 1000)).toThrow(expect.objectContaining({ code: 'too_large' }));
    expect(performance.now() - started).toBeLessThan(50);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000);
  });

  test('50 MB hold the event loop only shortly', () => {
    const uri = uriOf(new Uint8Array(50_000_000));
    const started = performance.now();
    expect(decodeDataUri(uri, 50_000_000)).toHaveLength(50_000_000);
    const taken = performance.now() - started;
    console.log(`data: URI of 50 MB decoded in ${taken.toFixed(0)} ms`);
    expect(taken).toBeLessThan(1000);
  });

  test('no string does more than fail', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string({ unit: 'binary' }).map((text) => `data:image/png;base64,${text}`),
        ),
        (uri) => {
          try {
            decodeDataUri(uri, 50);
          } catch (error) {
            expect(error).toBeInstanceOf(RestageError);
          }
        },
      ),
      { numRuns: 5000 },
    );
  });
});

/** The same URI in pieces, cut at the given lengths, over and over. */
const readInPieces = (uri: string, cuts: readonly number[], maxBytes: number): Buffer => {
  const reader = new DataUriReader(maxBytes);
  const bytes = Buffer.from(uri, 'latin1');
  const decoded: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = cuts[turn % cuts.length] ?? 1;
    decoded.push(reader.write(bytes.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat([...decoded, reader.end()]);
};
const cuts = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 });
const outcomeOf = (work: () => Uint8Array): string => {
  try {
    return Buffer.from(work()).toString('hex');
  } catch (error) {
    return (error as RestageError).code;
  }
};

describe('data: URIs that come in pieces', () => {
  test('every length comes back, however it is cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), cuts, (bytes, lengths) => {
        expect(readInPieces(uriOf(bytes), lengths, 500).equals(bytes)).toBe(true);
      }),
    );
  });

  test('are refused where whole ones are', () => {
    const base64 = fc.string({
      unit: fc.constantFrom(...'ABYZabyz0189+/', '=', '=', '-', '_', ' ', '\n', '%', 'é'),
      maxLength: 12,
    });
    const heads = fc.constantFrom('data:image/png;base64,', 'DATA:IMAGE/x;BASE64,', 'data:image/png,', 'data:;base64,');
    const uris = fc.tuple(heads, base64).map(([head, text]) => `${head}${text}`);
    fc.assert(
      fc.property(uris, cuts, (uri, lengths) => {
        const [pieces, whole] = [() => readInPieces(uri, lengths, 1_000), () => decodeDataUri(uri, 1_000)];
        expect(outcomeOf(pieces)).toBe(outcomeOf(whole));
      }),
      { numRuns: 5_000 },
    );
  });

  test('too large is told as soon as the limit is passed', () => {
    const reader = new DataUriReader(1_000);
    const piece = Buffer.from(uriOf(new Uint8Array(600)));
    expect(reader.write(piece).byteLength).toBe(597);
    expect(() => reader.write(piece.subarray(22))).toThrow(
      expect.objectContaining({ code: 'too_large', message: expect.stringContaining('1000 bytes') }),
    );
    expect(readInPieces(uriOf(new Uint8Array(1_000)), [333], 1_000)).toHaveLength(1_000);
    expect(() => readInPieces(uriOf(new Uint8Array(1_001)), [333], 1_000)).toThrow('1000 bytes');
  });

  test('a head without an end costs nothing', () => {
    const reader = new DataUriReader(1_000);
    expect(() => reader.write(Buffer.from(`data:image/${'p'.repeat(1_000_000)}`))).toThrow('does not begin right');
  });
});
