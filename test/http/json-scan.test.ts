import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ImagePlace, imagesIn } from '../../src/http/image-places.ts';
import { JsonScan } from '../../src/http/json-scan.ts';
import { Words } from '../../src/http/words.ts';
import { DataUriReader, decodeDataUri } from '../../src/images/data-uri.ts';
import { RestageError } from '../../src/operations/errors.ts';
import { tinyPng } from '../support/gateway.ts';

const places: readonly ImagePlace[] = [
  { path: ['image'], isList: false },
  { path: ['garments'], isList: true },
  { path: ['background', 'image'], isList: false },
];

interface Scanned {
  readonly text: string;
  /** Pointer and decoded bytes, in the order of the text. */
  readonly pictures: { pointer: string; bytes: Buffer }[];
}

const scan = (json: string | Uint8Array, cuts: readonly number[] = [7], mostTextBytes = 1_000_000): Scanned => {
  const pictures: Scanned['pictures'] = [];
  const words = new Words({ mostTextBytes, hold: () => {} });
  const scanner = new JsonScan({
    places,
    words,
    open: (pointer) => {
      const reader = new DataUriReader(10_000_000);
      const decoded: Uint8Array[] = [];
      return {
        write: (bytes) => void decoded.push(reader.write(bytes)),
        end: () => {
          pictures.push({ pointer, bytes: Buffer.concat([...decoded, reader.end()]) });
          return `data:image/#${pictures.length - 1}`;
        },
      };
    },
  });
  const bytes = typeof json === 'string' ? Buffer.from(json) : json;
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = cuts[turn % cuts.length] ?? 1;
    scanner.write(bytes.subarray(at, at + length));
    at += length;
  }
  return { text: new TextDecoder().decode(words.from(0)), pictures };
};

/** What JSON.parse and the decoder of whole strings make of it. */
const expected = (json: string): Scanned => {
  const value: unknown = JSON.parse(json);
  const pictures = imagesIn(value, places)
    .filter(({ source }) => source.startsWith('data:image/'))
    .map(({ pointer, source, replace }) => {
      replace(`picture at ${pointer}`);
      return { pointer, bytes: Buffer.from(decodeDataUri(source, 10_000_000)) };
    });
  return { text: JSON.stringify(value), pictures };
};

const seen = (json: string, cuts: readonly number[]): Scanned => {
  const { text, pictures } = scan(json, cuts);
  const value: unknown = JSON.parse(text);
  const last = new Map<string, Buffer>();
  for (const { source, pointer, replace } of imagesIn(value, places)) {
    const index = /^data:image\/#(\d+)$/.exec(source)?.[1];
    const picture = index === undefined ? undefined : pictures[Number(index)];
    if (!picture) continue;
    expect(picture.pointer).toBe(pointer);
    last.set(pointer, picture.bytes);
    replace(`picture at ${pointer}`);
  }
  return { text: JSON.stringify(value), pictures: [...last].map(([pointer, bytes]) => ({ pointer, bytes })) };
};

const inPointerOrder = ({ text, pictures }: Scanned) => ({
  text,
  pictures: pictures.map(({ pointer, bytes }) => `${pointer} ${bytes.toString('hex')}`).sort(),
});

const uri = fc
  .tuple(fc.constantFrom('png', 'svg+xml', 'x'), fc.uint8Array({ minLength: 1, maxLength: 200 }))
  .map(([type, bytes]) => `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`);
const nearly = fc.constantFrom(
  'data:',
  'data:image',
  'data:text/html;base64,AAAA',
  'DATA:image/png;base64,AAAA',
  'https://a/b',
);
const leaf = fc.oneof(uri, nearly, fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null));
const key = fc.oneof(
  fc.constantFrom('image', 'garments', 'background', '*', '0', 'im\\u0061ge'),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('value'), { maxLength: 4 }), tie('object')),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
}));
const body = fc
  .record(
    {
      image: fc.oneof(uri, anyValue),
      garments: fc.oneof(fc.array(fc.oneof(uri, nearly), { maxLength: 4 }), anyValue),
      background: fc.oneof(fc.record({ image: uri, color: fc.string() }), anyValue),
      more: anyValue,
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value));
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

/** JSON that means the same, written otherwise: `\/`, `\u002f`, letters as `\u0041`, space where it may be. */
const rewritten = (json: string, choices: readonly number[]): string => {
  let turn = 0;
  const choice = (of: number): number => {
    turn += 1;
    return (choices[turn % choices.length] ?? 0) % of;
  };
  return json.replace(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g, (token) => {
    if (!token.startsWith('"')) return [token, ` ${token}`, `${token}\n\t`][choice(3)] ?? token;
    return token.replace(/\\u.{4}|\\.|[^"\\]/gu, (letter) => {
      if (letter.length > 1 || letter.charCodeAt(0) > 0x7e) return letter;
      const code = letter.charCodeAt(0).toString(16).padStart(4, '0');
      if (letter === '/') return ['/', '\\/', '\\u002f', '\\u002F'][choice(4)] ?? letter;
      return choice(12) === 0 ? `\\u${code}` : letter;
    });
  });
};

describe('the pictures of a JSON text', () => {
  it('are those that JSON.parse finds, however it is written and cut', () => {
    fc.assert(
      fc.property(body, cuts, fc.array(fc.nat(11), { minLength: 1, maxLength: 9 }), (json, lengths, choices) => {
        const other = rewritten(json, choices);
        expect(JSON.parse(other)).toEqual(JSON.parse(json));
        expect(inPointerOrder(seen(other, lengths))).toEqual(inPointerOrder(expected(json)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('what is no JSON stays none, and JSON without pictures stays as it is', () => {
    fc.assert(
      fc.property(body, fc.nat(), fc.string({ maxLength: 3 }), cuts, (json, seed, put, lengths) => {
        const at = seed % (json.length + 1);
        const broken = `${json.slice(0, at)}${put}${json.slice(at + (seed % 3))}`;
        const isJson = (text: string): boolean => {
          try {
            JSON.parse(text);
            return true;
          } catch {
            return false;
          }
        };
        let text: string;
        try {
          ({ text } = scan(Buffer.from(broken), lengths));
        } catch (error) {
          expect(error).toBeInstanceOf(RestageError);
          return;
        }
        expect(isJson(text)).toBe(isJson(Buffer.from(broken).toString()));
        if (!text.includes('#')) expect(text).toBe(Buffer.from(broken).toString());
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['elsewhere', { more: tinyPng, background: { color: tinyPng }, list: [tinyPng] }],
    ['a list where one belongs', { image: [tinyPng] }],
    ['one where a list belongs', { garments: tinyPng }],
    ['deeper', { garments: [[tinyPng]], background: { image: { image: tinyPng } } }],
    ['the same name inside of another', { more: { image: tinyPng, background: { image: tinyPng } } }],
    ['a key that looks like a path', { 'background/image': tinyPng, 'garments[]': tinyPng, garments: { 0: tinyPng } }],
    ['a whole body of it', tinyPng],
  ])('%s they stay text', (_, value) => {
    expect(scan(JSON.stringify(value))).toEqual({ text: JSON.stringify(value), pictures: [] });
  });

  it('of a key that is given twice each is found', () => {
    const { pictures, text } = scan(`{"image": "${tinyPng}", "image": "${tinyPng}"}`);
    expect(pictures).toHaveLength(2);
    expect(JSON.parse(text)).toEqual({ image: 'data:image/#1' });
  });

  it('hold nothing of the picture, and little else', () => {
    const base64 = Buffer.alloc(3_000_000, 7).toString('base64');
    const { text, pictures } = scan(`{"image":"data:image/png;base64,${base64}"}`, [65_536], 100);
    expect(text).toBe('{"image":"data:image/#0"}');
    expect(pictures[0]?.bytes.equals(Buffer.alloc(3_000_000, 7))).toBe(true);
    expect(() => scan(`{"note":"${base64}"}`, [65_536], 100)).toThrow(expect.objectContaining({ code: 'too_large' }));
  });

  it('depth beyond 32 ends it at once', () => {
    expect(() => scan('['.repeat(100_000))).toThrow('nested more than 32 levels deep');
    expect(scan('['.repeat(33)).text).toHaveLength(33);
  });

  it('a megabyte of escapes takes no longer than it has to', () => {
    const escaped = '\\u0041'.repeat(700_000);
    const started = performance.now();
    expect(scan(`{"image":"data:image/png;base64,${escaped}"}`, [65_536]).pictures[0]?.bytes).toHaveLength(525_000);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
