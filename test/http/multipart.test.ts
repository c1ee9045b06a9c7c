import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/operations/job.ts';
import { startTestGateway, type TestGateway, tinyPng } from '../support/gateway.ts';
import {
  formOf,
  headersOf,
  imageFile,
  kept,
  noisyPng,
  plainPicture,
  problemOf,
  problemsAt,
  raw,
  sql,
  tinyBytes,
  understood,
} from './support.ts';

const maxImageBytes = 256 * 1024;
const picture = () => imageFile(tinyBytes());

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ config: { limits: { max_image_bytes: maxImageBytes } } });
});
afterAll(() => gateway.stop());

const send = (path: string, fields: readonly (readonly [string, string | File])[]): Promise<Response> =>
  gateway.fetch(path, { method: 'POST', body: formOf(fields) });

const fieldsOf = (response: Response) => understood(gateway, response);

const refused = async (path: string, fields: readonly (readonly [string, string | File])[]) =>
  problemsAt(await problemOf(await send(path, fields), 400, 'invalid_request'));

const assetPattern = expect.stringMatching(/^asset_[0-9a-z]{26}$/);

describe('a form', () => {
  it('is the same request as JSON: files, repeated files, words, numbers and booleans', async () => {
    const fields = await fieldsOf(
      await send('/v1/compose', [
        ['person', picture()],
        ['garments', picture()],
        ['garments[]', picture()],
        ['prompt', 'auf der Straße'],
        ['identity_strength', '0.5'],
        ['count', '2'],
        ['seed', '0'],
        ['strict', 'false'],
        ['metadata[order]', '17'],
        ['metadata.shop', 'north'],
        ['options.scripted.seconds', '0'],
        ['options[scripted][faults]', '["busy:1"]'],
      ]),
    );
    expect(fields).toEqual({
      person: assetPattern,
      garments: [assetPattern, assetPattern],
      prompt: 'auf der Straße',
      identity_strength: 0.5,
      count: 2,
      seed: 0,
      strict: false,
      metadata: { order: '17', shop: 'north' },
      options: { scripted: { seconds: 0, faults: ['busy:1'] } },
    });
    expect(new Set([fields.person, ...(fields.garments as string[])]).size).toBe(3);
  });

  it('reaches inside with dots and with brackets, for files and for words', async () => {
    const fields = await fieldsOf(
      await send('/v1/background', [
        ['image', picture()],
        ['background.image', picture()],
        ['background[color]', 'red'],
        ['light[reference]', picture()],
        ['light.direction', 'left'],
        ['light[strength]', '1'],
      ]),
    );
    expect(fields).toEqual({
      image: assetPattern,
      background: { image: assetPattern, color: 'red' },
      light: { reference: assetPattern, direction: 'left', strength: 1 },
    });
  });

  it('takes an object as JSON text, and images as addresses', async () => {
    expect(
      await fieldsOf(
        await send('/v1/background', [
          ['image', tinyPng],
          ['background', '{"color":"red"}'],
          ['metadata', '{"a":"b"}'],
        ]),
      ),
    ).toMatchObject({ background: { color: 'red' }, metadata: { a: 'b' } });
  });

  it('takes the whole body in the part `input`, with files beside it', async () => {
    expect(
      await fieldsOf(
        await send('/v1/background', [
          ['input', '{"background":{"color":"red"},"count":2}'],
          ['image', picture()],
          ['background.prompt', 'warm'],
        ]),
      ),
    ).toEqual({ image: assetPattern, background: { color: 'red', prompt: 'warm' }, count: 2 });
  });

  it('makes a job that works on the files', async () => {
    const large = imageFile(await plainPicture('jpeg', { width: 80, height: 50 }), 'IMG 1.jpg');
    const body = { background: { color: 'red' }, options: { scripted: { read_inputs: true } } };
    const response = await send('/v1/background?provider=scripted', [
      ['input', JSON.stringify(body)],
      ['image', large],
    ]);
    const { id } = (await response.json()) as JobView;
    expect(await gateway.ended(id)).toMatchObject({ status: 'succeeded' });
  });
});

describe('mistakes in a form', () => {
  const good: readonly (readonly [string, string | File])[] = [
    ['image', picture()],
    ['background.color', 'red'],
  ];

  it('are told by the pointers of the JSON body, all at once', async () => {
    expect(
      await refused('/v1/background', [
        ...good,
        ['colour', 'red'],
        ['light.direction.x', 'left'],
        ['background.image.url', 'x'],
        ['seed[0]', '1'],
        ['__proto__', 'x'],
        ['metadata[__proto__]', 'x'],
        ['constructor', 'x'],
        ['image', picture()],
        ['background.color', 'blue'],
      ]),
    ).toEqual({
      '/colour': 'is not a field of this request',
      '/light/direction/x': 'is not a field of this request',
      '/background/image/url': 'is not a field of this request',
      '/seed/0': 'is not a field of this request',
      '/__proto__': 'is not a field of this request',
      '/metadata/__proto__': 'is not a field of this request',
      '/constructor': 'is not a field of this request',
      '/image': 'is given more than once',
      '/background/color': 'is given more than once',
    });
  });

  it('text that does not mean what the field wants', async () => {
    const problems = await refused('/v1/background', [
      ...good,
      ['seed', 'twelve'],
      ['count', ' '],
      ['strict', 'yes'],
      ['light', 'left'],
    ]);
    expect(Object.keys(problems).sort()).toEqual(['/count', '/light', '/seed', '/strict']);
  });

  it('a file where words belong is no file name or id in disguise', async () => {
    expect(
      await refused('/v1/background', [...good, ['background.prompt', picture()], ['metadata.a', picture()]]),
    ).toEqual({
      '/background/prompt': 'takes no file',
      '/metadata/a': 'takes no file',
    });
  });

  it.each(['[]', '"text"', '{', 'null', ''])('an `input` of %j', async (input) => {
    expect(await refused('/v1/background', [...good, ['input', input]])).toEqual({ '/input': 'must be a JSON object' });
  });

  it('`input` twice, and a field in both places', async () => {
    expect(await refused('/v1/background', [...good, ['input', '{}'], ['input', '{}']])).toEqual({
      '/input': 'is given more than once',
    });
    expect(await refused('/v1/background', [...good, ['input', '{"image":"asset_x"}']])).toEqual({
      '/image': 'is given more than once',
    });
  });

  it('`input` cannot smuggle fields in by __proto__', async () => {
    const input = `{"__proto__": {"image": ${JSON.stringify(tinyPng)}, "background": {"color": "red"}}}`;
    expect(await refused('/v1/background', [['input', input]])).toHaveProperty('/__proto__');
    expect(({} as { image?: string }).image).toBeUndefined();
  });

  it('what JSON may not hold, a form may not either', async () => {
    expect(await refused('/v1/background', [...good, ['user', 'a\0b']])).toHaveProperty('/user');
    expect(await refused('/v1/background', [...good, ['input', '{"user":"\\ud800"}']])).toHaveProperty('/user');
    expect(await refused('/v1/background', [...good, ['metadata', '{"k":"\\u0000"}']])).toHaveProperty('/metadata');
    const wrong = new Uint8Array([
      ...Buffer.from(part('user', '')),
      0xff,
      0xfe,
      ...Buffer.from('\r\n'),
      ...Buffer.from(end),
    ]);
    expect(problemsAt(await problemOf(await sendRaw(wrong), 400, 'invalid_request'))).toMatchObject({
      '/user': 'is not valid UTF-8',
    });
  });
});

describe('limits of a form', () => {
  it.each([
    [
      '17 files',
      Array.from({ length: 17 }, () => ['garments', picture()] as const),
      'A request may bring at most 16 files.',
    ],
    [
      '61 parts',
      Array.from({ length: 61 }, (_, index) => [`metadata.k${index}`, 'v'] as const),
      'A form may have at most 60 parts.',
    ],
    [
      'a text field above 64 KiB',
      [['prompt', 'x'.repeat(65_537)] as const],
      'A form may have text fields of at most 65536 bytes.',
    ],
  ])('%s', async (_, fields, words) => {
    const before = await kept(gateway);
    const { detail } = await problemOf(await send('/v1/compose', fields), 400, 'invalid_request');
    expect(detail).toBe(words);
    expect(await kept(gateway)).toEqual(before);
  });

  it('more than a megabyte of text in all its fields', async () => {
    const fields = Array.from({ length: 17 }, (_, index) => [`metadata.k${index}`, 'x'.repeat(65_000)] as const);
    const { detail } = await problemOf(await send('/v1/compose', fields), 413, 'too_large');
    expect(detail).toBe('A form may have at most 1048576 bytes of text.');
  });

  it('a field name of 20 kB', async () => {
    await problemOf(await send('/v1/compose', [['x'.repeat(20_000), 'v']]), 400, 'invalid_request');
  });

  it('an image above the limit is 413 at its place, and nothing of it stays', async () => {
    const before = await kept(gateway);
    const large = await noisyPng(320);
    expect(large.byteLength).toBeGreaterThan(maxImageBytes);
    const response = await send('/v1/compose', [
      ['person', picture()],
      ['garments', picture()],
      ['garments', imageFile(large)],
      ['prompt', 'x'],
    ]);
    expect(problemsAt(await problemOf(response, 413, 'too_large'))).toHaveProperty(['/garments/1']);
    expect(await kept(gateway)).toEqual(before);
  });

  it('a body that is too large is refused while it comes, long before its end', async () => {
    const before = await kept(gateway);
    const piece = new Uint8Array(65_536);
    async function* endless(): AsyncGenerator<string | Uint8Array> {
      yield headersOf(gateway.url, '/v1/background', {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'transfer-encoding': 'chunked',
      });
      const head = `${part('image', '', 'filename="a.png"')}\x89PNG\r\n\x1a\n`;
      yield `${Buffer.byteLength(head, 'latin1').toString(16)}\r\n`;
      yield Buffer.from(head, 'latin1');
      yield '\r\n';
      for (;;) {
        yield '10000\r\n';
        yield piece;
        yield '\r\n';
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const answer = await raw(gateway.url, endless());
    expect(answer).toMatchObject({ status: 413, closed: true });
    expect(answer.text).toContain('"pointer":"/image"');
    expect(answer.sentBytes).toBeLessThan(8 * 1024 * 1024);
    await expect.poll(() => kept(gateway), { timeout: 5_000 }).toEqual(before);
  });

  it('a sender who leaves in the middle leaves nothing behind', async () => {
    const before = await kept(gateway);
    const large = await noisyPng(250);
    async function* half(): AsyncGenerator<string | Uint8Array> {
      yield headersOf(gateway.url, '/v1/background', {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': large.byteLength + 300,
      });
      yield part('image', '', 'filename="a.png"');
      yield large.subarray(0, large.byteLength / 2);
    }
    expect((await raw(gateway.url, half(), { timeoutMs: 500 })).status).toBe(0);
    await expect.poll(() => kept(gateway), { timeout: 5_000 }).toEqual(before);
  });
});

describe('files that are no image', () => {
  it.each([
    ['text', new TextEncoder().encode('this is not a picture')],
    ['nothing', new Uint8Array(0)],
    ['a PDF', new TextEncoder().encode('%PDF-1.7 and so on')],
    ['a PNG that ends after its signature', tinyBytes().slice(0, 8)],
    ['300 kB of zeros', new Uint8Array(250_000)],
  ])('%s: 422 at its place, and not even the good ones beside it stay', async (_, bytes) => {
    const before = await kept(gateway);
    const response = await send('/v1/compose', [
      ['person', picture()],
      ['garments', picture()],
      ['garments', imageFile(bytes as Uint8Array<ArrayBuffer>)],
      ['prompt', 'x'],
    ]);
    expect(problemsAt(await problemOf(response, 422, 'unprocessable_image'))).toHaveProperty(['/garments/1']);
    expect(await kept(gateway)).toEqual(before);
  });

  it('files of a request that is refused for another reason do not stay', async () => {
    const before = await kept(gateway);
    await refused('/v1/background', [
      ['image', picture()],
      ['background.color', 'red'],
      ['seed', 'x'],
    ]);
    await problemOf(
      await send('/v1/background?provider=nobody', [
        ['image', picture()],
        ['background.color', 'red'],
      ]),
      422,
      'unknown_provider',
    );
    expect(
      (
        await send('/v1/background?dry_run=true', [
          ['image', picture()],
          ['background.color', 'red'],
        ])
      ).status,
    ).toBe(200);
    expect(await kept(gateway)).toEqual(before);
  });
});

const boundary = 'limes';
const part = (name: string, value: string, more = ''): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more && `; ${more}`}\r\n\r\n${value}`;
const end = `--${boundary}--\r\n`;
const sendRaw = (body: Uint8Array<ArrayBuffer> | ReadableStream, type = `multipart/form-data; boundary=${boundary}`) =>
  gateway.fetch('/v1/background', {
    method: 'POST',
    headers: { 'content-type': type },
    body,
    duplex: 'half',
  } as RequestInit);
const whole = (): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    Buffer.concat([
      Buffer.from(`${part('background.color', 'red')}\r\n${part('image', '', 'filename="a.png"')}`),
      tinyBytes(),
      Buffer.from(`\r\n${end}`),
    ]),
  );

describe('broken bodies', () => {
  it.each([
    ['no boundary in the header', () => sendRaw(whole(), 'multipart/form-data')],
    ['another boundary', () => sendRaw(whole(), 'multipart/form-data; boundary=other')],
    [
      'no body at all',
      () =>
        gateway.fetch('/v1/background', {
          method: 'POST',
          headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
        }),
    ],
    ['cut in a file', () => sendRaw(whole().slice(0, -30))],
    [
      'cut in the headers of a part',
      () => sendRaw(new Uint8Array(Buffer.from(`${part('background.color', 'red')}\r\n--${boundary}\r\nContent-Dis`))),
    ],
    ['cut before the last dash', () => sendRaw(whole().slice(0, -3))],
    [
      'a part without a name',
      () => sendRaw(new Uint8Array(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data\r\n\r\nx\r\n${end}`))),
    ],
    [
      'a file name that cannot be decoded',
      () => sendRaw(new Uint8Array(Buffer.from(`${part('image', 'x', "filename*=utf-8''%zz")}\r\n${end}`))),
    ],
  ])('%s is 400', async (_, answer) => {
    const before = await kept(gateway);
    await problemOf(await answer(), 400, 'invalid_request');
    expect(await kept(gateway)).toEqual(before);
  });

  it('however a good body is cut into pieces, it is read', async () => {
    const body = whole();
    for (let at = body.length - 12; at < body.length; at += 1) {
      const pieces = [body.slice(0, at), body.slice(at)];
      const stream = new ReadableStream({
        async pull(controller) {
          const piece = pieces.shift();
          if (!piece) return controller.close();
          controller.enqueue(piece);
          await new Promise((resolve) => setTimeout(resolve, 15));
        },
      });
      expect((await sendRaw(stream)).status, `cut at ${at - body.length}`).toBe(202);
    }
  });

  it('500 mutated bodies: never a 5xx, and nothing of a refused one stays', async () => {
    const before = await kept(gateway);
    const good = whole();
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ at: fc.nat(good.length - 1), drop: fc.nat(6), put: fc.uint8Array({ maxLength: 6 }) }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.boolean(),
        async (edits, textual) => {
          let bytes = Buffer.from(good);
          for (const { at, drop, put } of edits) {
            const added = textual
              ? Buffer.from([...put].map((byte) => `\r\n-";:=`.charCodeAt(byte % 7)))
              : Buffer.from(put);
            bytes = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + drop)]);
          }
          const response = await sendRaw(new Uint8Array(bytes));
          expect(response.status, await response.clone().text()).toBeLessThan(500);
          if (response.status === 202) accepted += 1;
          else expect(response.headers.get('content-type')).toBe('application/problem+json');
          await response.arrayBuffer();
        },
      ),
      { numRuns: 500 },
    );
    const after = await kept(gateway);
    expect((after.jobs ?? 0) - (before.jobs ?? 0)).toBe(accepted);
    const unused = `select id from assets where kind = 'input' and job_id is null
      and not exists (select 1 from jobs where request::text like '%' || assets.id || '%')`;
    expect(await sql(gateway, unused)).toEqual([]);
    expect(after.files).toBe(after.uploads);
  }, 60_000);
});
