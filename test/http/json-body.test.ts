import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLimit } from '../../src/http/body.ts';
import { startTestGateway, type TestGateway, tinyPng } from '../support/gateway.ts';
import {
  backgroundBody,
  dataUri,
  headersOf,
  kept,
  noisyPng,
  problemOf,
  problemsAt,
  raw,
  sql,
  tinyBytes,
} from './support.ts';

const maxImageBytes = 64 * 1024;
const path = '/v1/background';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ config: { limits: { max_image_bytes: maxImageBytes } } });
});
afterAll(() => gateway.stop());

const send = (body: string | Uint8Array<ArrayBuffer> | ReadableStream, type = 'application/json'): Promise<Response> =>
  gateway.fetch(path, { method: 'POST', headers: { 'content-type': type }, body, duplex: 'half' } as RequestInit);

const streamOf = (...pieces: Uint8Array[]): ReadableStream =>
  new ReadableStream({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const spoiled = (marker: string): Uint8Array<ArrayBuffer> => {
  const body = Buffer.from(JSON.stringify({ ...backgroundBody, metadata: { note: marker } }));
  body[body.indexOf(marker)] = 0xff;
  return new Uint8Array(body);
};

describe('what kind of body', () => {
  it.each([['text/plain'], ['application/x-www-form-urlencoded'], ['image/png'], ['application/jsonp']])(
    '%s is 415, and says what is taken',
    async (type) => {
      const response = await send('{}', type);
      expect(response.headers.get('accept-post')).toBe('application/json, multipart/form-data');
      await problemOf(response, 415, 'unsupported_media_type');
    },
  );

  it('none is 415', async () => {
    const body = '{}';
    const answer = await raw(gateway.url, [
      `${headersOf(gateway.url, path, { 'content-length': body.length })}${body}`,
    ]);
    expect(answer.status).toBe(415);
    expect(answer.text).toContain('"code":"unsupported_media_type"');
  });

  it('JSON with a charset is JSON', async () => {
    expect((await send(JSON.stringify(backgroundBody), 'Application/JSON; charset=utf-8')).status).toBe(202);
  });
});

describe('what is no JSON', () => {
  it.each([
    ['nothing', ''],
    ['a cut object', '{"image": "'],
    ['a trailing comma', '{"a": 1,}'],
    ['two values', '{} {}'],
    ['NaN', '{"seed": NaN}'],
    ['single quotes', "{'seed': 1}"],
  ])('%s is 400 invalid_json', async (_, body) => {
    await problemOf(await send(body), 400, 'invalid_json');
  });

  it('is not quoted in the answer: it may hold secrets', async () => {
    const response = await send('{"user": "canary-7f3a", canary-7f3b}');
    expect(await response.clone().text()).not.toContain('canary');
    await problemOf(response, 400, 'invalid_json');
  });

  it('wrong UTF-8 is refused, not mended: with a length and without', async () => {
    await problemOf(await send(spoiled('marker')), 400, 'invalid_json');
    await problemOf(await send(streamOf(spoiled('marker'))), 400, 'invalid_json');
  });

  it('a letter that was cut between two chunks is whole again', async () => {
    const body = bytes(JSON.stringify({ ...backgroundBody, metadata: { name: 'Größe 📷' } }));
    const at = body.indexOf(0xf0) + 2;
    const response = await send(streamOf(body.slice(0, at), body.slice(at)));
    expect(await response.json()).toMatchObject({ metadata: { name: 'Größe 📷' } });
  });
});

describe('what JSON can say and we cannot keep', () => {
  it.each([
    ['NUL', `{"user": "a\\u0000b"}`, '/user'],
    ['a lone surrogate', `{"metadata": {"k": "\\ud800"}}`, '/metadata/k'],
    ['NUL in a key', `{"metadata": {"a\\u0000": "v"}}`, '/metadata'],
    ['__proto__', `{"__proto__": {"image": "x"}}`, '/__proto__'],
    ['__proto__ inside', `{"light": {"__proto__": {"strength": 1}}}`, '/light/__proto__'],
  ])('%s is refused where it stands', async (_, body, pointer) => {
    expect(Object.keys(problemsAt(await problemOf(await send(body), 400, 'invalid_request')))).toEqual([pointer]);
    expect(({} as { strength?: number }).strength).toBeUndefined();
  });

  it('constructor and prototype are just unknown fields', async () => {
    const problems = problemsAt(
      await problemOf(await send('{"constructor": 1, "prototype": 2}'), 400, 'invalid_request'),
    );
    expect(problems).toMatchObject({ '/constructor': expect.any(String), '/prototype': expect.any(String) });
  });

  it('a depth of 33 is refused, of 32 not for its depth; a depth of 100,000 costs nothing', async () => {
    const deep = (depth: number): string => `{"options": ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    const { detail } = await problemOf(await send(deep(34)), 400, 'invalid_request');
    expect(detail).toContain('nested more than 32 levels deep');
    expect((await problemOf(await send(deep(32)), 400, 'invalid_request')).detail).not.toContain('nested');
    const started = performance.now();
    await problemOf(await send(deep(100_000)), 400, 'invalid_request');
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it.each(['1e999', '-1e999', '1e308', '9007199254740993', '0.1'])('a seed of %s is refused', async (seed) => {
    const body = JSON.stringify({ ...backgroundBody, seed: 0 }).replace('"seed":0', `"seed":${seed}`);
    expect(Object.keys(problemsAt(await problemOf(await send(body), 400, 'invalid_request')))).toEqual(['/seed']);
  });

  it('of a key that is given twice the last one counts, as everywhere', async () => {
    const response = await send(`{"user": 5, ${JSON.stringify({ ...backgroundBody, user: 'me' }).slice(1)}`);
    expect(response.status).toBe(202);
  });

  it('no JSON at all can make it fail', async () => {
    const before = await kept(gateway);
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 6 }), async (body) => {
        expect((await send(body)).status).toBe(400);
      }),
      { numRuns: 100 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (body) => {
        expect((await send(new Uint8Array(body))).status).toBe(400);
      }),
      { numRuns: 100 },
    );
    expect(await kept(gateway)).toEqual(before);
  });
});

async function* endless(begin: string, piece: string): AsyncGenerator<string> {
  yield headersOf(gateway.url, path, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
  yield `${begin.length.toString(16)}\r\n${begin}\r\n`;
  for (;;) {
    yield `${piece.length.toString(16)}\r\n${piece}\r\n`;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('length', () => {
  const most = jsonLimit(maxImageBytes, 4);

  it('too large by its own word: 413 before a byte of it has come, and the connection is closed', async () => {
    const answer = await raw(gateway.url, [
      headersOf(gateway.url, path, { 'content-type': 'application/json', 'content-length': most + 1 }),
    ]);
    expect(answer).toMatchObject({ status: 413, closed: true });
    expect(answer.ms).toBeLessThan(1_000);
    expect(answer.text).toContain('"code":"too_large"');
    expect(answer.text).toContain(`${most + 1} bytes`);
  });

  it('too large without a length: 413 while it comes, and the connection is closed', async () => {
    const answer = await raw(gateway.url, endless('{"user": "', 'a'.repeat(65_536)));
    expect(answer).toMatchObject({ status: 413, closed: true });
    expect(answer.text).toContain('1048576 bytes beside its pictures');
    expect(answer.sentBytes).toBeGreaterThan(1_048_576);
    expect(answer.sentBytes).toBeLessThan(16 * 1_048_576);
  });

  it('chunked and small is as good as any', async () => {
    expect((await send(streamOf(bytes(JSON.stringify(backgroundBody))))).status).toBe(202);
  });

  it('more than was said is not part of the body', async () => {
    const body = JSON.stringify(backgroundBody);
    const answer = await raw(gateway.url, [
      headersOf(gateway.url, path, { 'content-type': 'application/json', 'content-length': body.length }),
      `${body}GARBAGE`,
    ]);
    expect(answer.text).toContain('HTTP/1.1 400 Bad Request');
    expect(answer.closed).toBe(true);
  });

  it('less than was said makes no job', async () => {
    const body = JSON.stringify({ ...backgroundBody, user: 'cut-short' });
    const head = headersOf(gateway.url, path, {
      'content-type': 'application/json',
      'content-length': body.length + 10,
    });
    const answer = await raw(gateway.url, [head, body], { timeoutMs: 700 });
    expect(answer.status).toBe(0);
    expect(await sql(gateway, "select id from jobs where end_user = 'cut-short'")).toEqual([]);
  });

  it.each([
    ['a length and chunks together', { 'content-length': 5, 'transfer-encoding': 'chunked' }],
    ['a length that is no number', { 'content-length': '5, 5' }],
    ['a negative length', { 'content-length': '-1' }],
    ['an unknown coding', { 'transfer-encoding': 'gzip, identity' }],
  ])('%s is refused by the server itself', async (_, headers) => {
    const answer = await raw(gateway.url, [
      `${headersOf(gateway.url, path, { 'content-type': 'application/json', ...headers })}0\r\n\r\n`,
    ]);
    expect(answer).toMatchObject({ status: 400, closed: true });
  });
});

describe('data: URIs', () => {
  const withImage = (image: string): Promise<Response> => gateway.post(path, { ...backgroundBody, image });
  /** With every letter that a careless encoder writes otherwise. */
  const good = dataUri(Buffer.concat([tinyBytes(), Uint8Array.of(0xfb, 0xff, 0xbf, 0xfb)]));
  const base64 = good.slice(good.indexOf(',') + 1);

  it('are taken as they should be', async () => {
    expect(base64).toMatch(/\+.*\/.*==$/);
    expect((await withImage(good)).status).toBe(202);
  });

  it.each([
    ['a line break', `data:image/png;base64,${base64.slice(0, 40)}\n${base64.slice(40)}`],
    ['spaces', `data:image/png;base64, ${base64}`],
    ['the URL alphabet', `data:image/png;base64,${base64.replaceAll('+', '-').replaceAll('/', '_')}`],
    ['no padding', good.replace(/=+$/, '')],
    ['percent escapes', good.replaceAll('=', '%3D')],
    ['nothing', 'data:image/png;base64,'],
    ['no base64', 'data:image/png,hello'],
    ['another URI inside', `data:image/png;base64,${tinyPng}`],
    ['text', dataUri(bytes('<script>alert(1)</script>'))],
    ['SVG', dataUri(bytes('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml')],
  ])('%s is 422 unprocessable_image at its place', async (_, image) => {
    expect(problemsAt(await problemOf(await withImage(image), 422, 'unprocessable_image'))).toHaveProperty('/image');
  });

  it('the type it claims is not believed', async () => {
    expect((await withImage(tinyPng.replace('image/png', 'image/jpeg'))).status).toBe(202);
  });

  it('larger than an image may be is 413, says the limit, and leaves nothing', async () => {
    const picture = await noisyPng(200);
    expect(picture.byteLength).toBeGreaterThan(maxImageBytes);
    const before = await kept(gateway);
    const problem = await problemOf(await withImage(dataUri(picture)), 413, 'too_large');
    expect(problemsAt(problem)).toHaveProperty('/image');
    expect(problem.detail).toContain(String(maxImageBytes));
    expect(await kept(gateway)).toEqual(before);
  });

  it('a flood of white space is refused quickly', async () => {
    const started = performance.now();
    const response = await withImage(`data:image/png;base64,${' '.repeat(60_000)}`);
    await problemOf(response, 422, 'unprocessable_image');
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('the worst texts of 100 kB in every field are judged quickly', async () => {
    for (const text of [
      'a,'.repeat(50_000),
      '['.repeat(100_000),
      'data:image/'.repeat(9_000),
      'https://'.repeat(12_000),
    ]) {
      const started = performance.now();
      const response = await gateway.post(path, {
        image: text,
        background: { prompt: text, color: text, image: text },
        light: { direction: text },
        user: text,
        aspect_ratio: text,
        metadata: { [text]: text },
        options: { [text]: {} },
      });
      expect([400, 422]).toContain(response.status);
      expect(performance.now() - started).toBeLessThan(500);
      await response.text();
    }
  });
});
