import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLimit } from '../../src/http/body.ts';
import type { JobView } from '../../src/operations/job.ts';
import { startTestGateway, type TestGateway, tinyPng } from '../support/gateway.ts';
import {
  dataUri,
  headersOf,
  kept,
  noisyPng,
  plainPicture,
  problemOf,
  problemsAt,
  raw,
  sql,
  understood,
} from './support.ts';

const maxImageBytes = 256 * 1024;
const path = '/v1/background?provider=scripted';
const color = { color: 'red' };

let gateway: TestGateway;
let picture: Uint8Array<ArrayBuffer>;
let uri: string;
beforeAll(async () => {
  gateway = await startTestGateway({ config: { limits: { max_image_bytes: maxImageBytes } } });
  picture = await noisyPng(200);
  uri = dataUri(picture);
});
afterAll(() => gateway.stop());

/** Without a length, in pieces of a few kilobytes. */
const stream = (text: string | Uint8Array, pieceBytes = 5_000): ReadableStream => {
  const bytes = Buffer.from(text);
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(new Uint8Array(bytes.subarray(at, at + pieceBytes)));
      at += pieceBytes;
    },
  });
};

const send = (body: string | ReadableStream, to = path, headers: Record<string, string> = {}): Promise<Response> =>
  gateway.fetch(to, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    duplex: 'half',
  } as RequestInit);

const fieldsOf = (response: Response) => understood(gateway, response);

const assetPattern = expect.stringMatching(/^asset_[0-9a-z]{26}$/);
const quoted = (text: string): string => JSON.stringify(text);

describe('large data: URIs in JSON', () => {
  it('become files wherever an image may stand, and nowhere else', async () => {
    const body = {
      image: uri,
      background: { image: uri, prompt: tinyPng },
      light: { reference: uri },
      metadata: { image: tinyPng },
    };
    expect(await fieldsOf(await send(JSON.stringify(body)))).toEqual({
      image: assetPattern,
      background: { image: assetPattern, prompt: tinyPng },
      light: { reference: assetPattern },
      metadata: { image: tinyPng },
    });
    const list = { person: 'https://a.example/a.png', garments: [uri, 'https://a.example/b.png', uri], prompt: 'x' };
    expect(await fieldsOf(await send(JSON.stringify(list), '/v1/compose?provider=scripted'))).toEqual({
      ...list,
      garments: [assetPattern, 'https://a.example/b.png', assetPattern],
    });
  });

  it('are stored byte for byte', async () => {
    const seconds = { scripted: { seconds: 20 } };
    const fields = await fieldsOf(await send(JSON.stringify({ image: uri, background: color, options: seconds })));
    const [row] = await sql<{ sha256: string; bytes: number }>(
      gateway,
      'select sha256, bytes::int as bytes from assets where id = $1',
      [fields.image],
    );
    expect(row).toEqual({
      sha256: createHash('sha256').update(picture).digest('hex'),
      bytes: picture.byteLength,
    });
  });

  it('however they are written and cut, are the same request', async () => {
    const key = { 'idempotency-key': 'written-otherwise' };
    const plain = `{"image":${quoted(uri)},"background":{"color":"red"}}`;
    const first = (await (await send(plain, path, key)).json()) as JobView;
    for (const body of [
      stream(plain, 4_999),
      `{"background":{"color":"red"},"image":${quoted(uri).replaceAll('/', '\\/')}}`,
      stream(
        `{"im\\u0061ge":${quoted(uri).replaceAll('/', '\\u002f').replace('"data', '"\\u0064ata')},"background":{"color":"red"}}`,
      ),
    ]) {
      const response = await send(body, path, key);
      expect(response.headers.get('idempotency-replayed')).toBe('true');
      expect(((await response.json()) as JobView).id).toBe(first.id);
    }
    const other = `${plain.slice(0, 150_000)}${plain[150_000] === 'A' ? 'B' : 'A'}${plain.slice(150_001)}`;
    await problemOf(await send(other, path, key), 422, 'idempotency_conflict');
  });

  it('of a key that is given twice the last one counts, and the other does not stay', async () => {
    const before = await kept(gateway);
    const other = dataUri(await noisyPng(150));
    const response = await send(`{"image":${quoted(uri)},"image":${quoted(other)},"background":{"color":"red"}}`);
    const { image } = await fieldsOf(response);
    expect(image).toEqual(assetPattern);
    const mixed = await send(`{"image":${quoted(uri)},"image":"https://a.example/a.png","background":{"color":"red"}}`);
    expect(await fieldsOf(mixed)).toMatchObject({ image: 'https://a.example/a.png' });
    expect(await kept(gateway)).toEqual({ ...before, jobs: (before.jobs ?? 0) + 2 });
  });

  it('four of full size are taken, a body of more is refused', async () => {
    const full = Buffer.concat([picture, Buffer.alloc(maxImageBytes - picture.length)]);
    const person = dataUri(full);
    const body = { person, garments: [person, person], place: person };
    expect((await send(JSON.stringify(body), '/v1/compose?provider=scripted')).status).toBe(202);
    const tooMany = JSON.stringify({ ...body, garments: Array(9).fill(person) });
    expect(tooMany.length).toBeGreaterThan(jsonLimit(maxImageBytes, 4));
    await problemOf(await send(tooMany, '/v1/compose'), 413, 'too_large');
  });
});

describe('nothing stays of', () => {
  const good = () => `{"image":${quoted(uri)},"background":{"color":"red"}`;
  const at = (text: string, place: number, put: string): string =>
    `${text.slice(0, place)}${put}${text.slice(place + 1)}`;

  it.each<[string, () => string, number, string, string | null]>([
    ['a field that is none', () => `${good()},"colour":1}`, 400, 'invalid_request', '/colour'],
    ['a value that is wrong', () => `${good()},"seed":-1}`, 400, 'invalid_request', '/seed'],
    ['a cut body', () => good(), 400, 'invalid_json', null],
    ['a body cut in a picture', () => good().slice(0, 100_000), 400, 'invalid_json', null],
    ['words behind the body', () => `${good()}} {}`, 400, 'invalid_json', null],
    ['wrong UTF-8', () => `${good()},"user":"\xff"}`, 400, 'invalid_json', null],
    ['depth', () => `${good()},"options":${'['.repeat(40)}${']'.repeat(40)}}`, 400, 'invalid_request', null],
    ['__proto__', () => `${good()},"__proto__":{"image":"x"}}`, 400, 'invalid_request', '/__proto__'],
    ['a letter that base64 has not', () => `${at(good(), 150_000, '*')}}`, 422, 'unprocessable_image', '/image'],
    ['a line break', () => `${at(good(), 150_000, '\\n')}}`, 422, 'unprocessable_image', '/image'],
    ['an escape of something else', () => `${at(good(), 150_000, '\\u0141')}}`, 422, 'unprocessable_image', '/image'],
    ['one letter too many', () => `${at(good(), 150_000, 'AA')}}`, 422, 'unprocessable_image', '/image'],
    ['padding in the middle', () => `${at(good(), 150_000, '=')}}`, 422, 'unprocessable_image', '/image'],
    [
      'a picture that is none, behind a good one',
      () => `{"background":{"image":${quoted(uri)}},"image":${quoted(dataUri(Buffer.alloc(90_000, 'text')))}}`,
      422,
      'unprocessable_image',
      '/image',
    ],
    [
      'a picture above the limit, behind a good one',
      () =>
        `{"image":${quoted(uri)},"background":{"image":${quoted(dataUri(Buffer.concat([picture, picture, picture])))}}}`,
      413,
      'too_large',
      '/background/image',
    ],
    [
      'another URI inside',
      () => `{"background":{"color":"red"},"image":${quoted(`data:image/png;base64,${uri}`)}}`,
      422,
      'unprocessable_image',
      '/image',
    ],
    [
      'a flood of spaces',
      () => `{"background":{"color":"red"},"image":${quoted(`data:image/png;base64,${' '.repeat(300_000)}`)}}`,
      422,
      'unprocessable_image',
      '/image',
    ],
    [
      'a head without an end',
      () => `{"background":{"color":"red"},"image":${quoted(`data:image/${'p'.repeat(300_000)}`)}}`,
      422,
      'unprocessable_image',
      '/image',
    ],
    ['more words than fit', () => `${good()},"user":"${'x'.repeat(1_048_576)}"}`, 413, 'too_large', null],
  ])('%s', async (_, body, status, code, pointer) => {
    const before = await kept(gateway);
    const problem = await problemOf(await send(new Blob([Buffer.from(body(), 'latin1')]).stream()), status, code);
    if (pointer) expect(problemsAt(problem)).toHaveProperty([pointer]);
    await expect.poll(() => kept(gateway), { timeout: 5_000 }).toEqual(before);
  });

  it('17 pictures', async () => {
    const before = await kept(gateway);
    const tiny = dataUri(await plainPicture('png'));
    const body = { person: tiny, garments: Array(16).fill(tiny), metadata: { pad: 'x'.repeat(70_000) } };
    const { detail } = await problemOf(await send(JSON.stringify(body), '/v1/compose'), 400, 'invalid_request');
    expect(detail).toBe('A request may bring at most 16 files.');
    expect(await kept(gateway)).toEqual(before);
  });

  it('a request for a provider that is none, and a dry run, which probes the picture', async () => {
    const before = await kept(gateway);
    const body = JSON.stringify({ image: uri, background: color });
    await problemOf(await send(body, '/v1/background?provider=nobody'), 422, 'unknown_provider');
    expect((await send(body, `${path}&dry_run=true`)).status).toBe(200);
    const small = (image: string) => JSON.stringify({ image, background: color });
    expect((await send(small(tinyPng), `${path}&dry_run=true`)).status).toBe(200);
    for (const text of [small(dataUri(Buffer.from('text'))), small(dataUri(Buffer.alloc(90_000, 'text')))]) {
      const problem = await problemOf(await send(text, `${path}&dry_run=true`), 422, 'unprocessable_image');
      expect(problemsAt(problem)).toHaveProperty('/image');
    }
    expect(await kept(gateway)).toEqual(before);
  });

  it('a sender who leaves in the middle', async () => {
    const before = await kept(gateway);
    const body = JSON.stringify({ image: uri, background: color });
    const head = headersOf(gateway.url, path, { 'content-type': 'application/json', 'content-length': body.length });
    expect((await raw(gateway.url, [head, body.slice(0, 90_000)], { timeoutMs: 400 })).status).toBe(0);
    await expect.poll(() => kept(gateway), { timeout: 5_000 }).toEqual(before);
  });
});

it('200 mutated bodies: never a 5xx, and nothing of a refused one stays', async () => {
  const before = await kept(gateway);
  const middle = dataUri(await noisyPng(130));
  const good = Buffer.from(`{"image":${quoted(middle)},"background":{"color":"red","image":${quoted(tinyPng)}}}`);
  // The picture is most of it, and all places in it are alike: half of the edits are where the JSON is.
  const place = fc.oneof(
    fc.nat(good.length - 1),
    fc.nat(60),
    fc.nat(240).map((each) => good.length - 1 - each),
  );
  const letters = fc.string({ unit: fc.constantFrom(...'"\\{}[],:/u0a=\n\xff'), maxLength: 6 });
  const edits = fc.array(fc.record({ at: place, drop: fc.nat(6), put: letters }), { minLength: 1, maxLength: 3 });
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(edits, fc.integer({ min: 1_000, max: 70_000 }), async (all, pieceBytes) => {
      let bytes = good;
      for (const { at, drop, put } of all)
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put, 'latin1'), bytes.subarray(at + drop)]);
      const response = await send(stream(bytes, pieceBytes));
      expect(response.status, await response.clone().text()).toBeLessThan(500);
      if (response.status === 202) accepted += 1;
      await response.arrayBuffer();
    }),
    { numRuns: 200 },
  );
  const after = await kept(gateway);
  expect(after).toEqual({ ...before, jobs: (before.jobs ?? 0) + accepted });
}, 60_000);

it('a picture of 40 MB is never held: not as text, and not as bytes', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const large = await startTestGateway();
  const held = (): number => {
    collect();
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    return arrayBuffers + heapUsed;
  };
  const seen: number[] = [];
  // A picture as far as its header goes; pixels are looked at later.
  const head = dataUri(picture.slice(0, 90_000));
  async function* pieces(): AsyncGenerator<string> {
    yield headersOf(large.url, path, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    const begin = `{"background":{"color":"red"},"image":"${head}`;
    yield `${begin.length.toString(16)}\r\n${begin}\r\n`;
    const piece = `${(60_000).toString(16)}\r\n${'A'.repeat(60_000)}\r\n`;
    for (let count = 0; count < 900; count += 1) {
      if (count % 100 === 50) seen.push(held());
      yield piece;
    }
    yield '2\r\n"}\r\n0\r\n\r\n';
  }
  const before = held();
  const answer = await raw(large.url, pieces());
  await large.stop();
  expect(answer.status, answer.text).toBe(202);
  expect(Math.max(...seen) - before).toBeLessThan(10_000_000);
}, 60_000);
