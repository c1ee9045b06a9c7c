import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../src/operations/index.gen.ts';
import { startTestGateway, type TestGateway, tinyPng } from '../support/gateway.ts';
import { backgroundBody, kept, problemOf, problemsAt, sql } from './support.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const refused = async (path: string, body: unknown): Promise<Record<string, string>> =>
  problemsAt(await problemOf(await gateway.post(path, body), 400, 'invalid_request'));

describe('all problems at once, each where it is', () => {
  it('unknown, missing, mistyped and nested ones, and the rules across fields', async () => {
    const problems = await refused('/v1/background', {
      picture: tinyPng,
      background: { color: 7, colour: 'red' },
      light: { direction: 'behind', strength: 1.5 },
      seed: -1,
      count: 2.5,
      strict: 'yes',
      metadata: { a: 1 },
      'a/b~c': true,
    });
    expect(Object.keys(problems).sort()).toEqual([
      '/a~1b~0c',
      '/background/color',
      '/background/colour',
      '/count',
      '/image',
      '/light/direction',
      '/light/strength',
      '/metadata/a',
      '/picture',
      '/seed',
      '/strict',
    ]);
    expect(problems).toMatchObject({
      '/image': 'is required',
      '/picture': 'is not a field of this request',
      '/background/colour': 'is not a field of this request',
    });
  });

  it('a rule across fields stands beside the problem of another field', async () => {
    expect(await refused('/v1/compose', { person: tinyPng, identity_strength: 2 })).toMatchObject({
      '/place': 'at least one of place and prompt is required',
      '/identity_strength': expect.any(String),
    });
    expect(await refused('/v1/background', { image: tinyPng, background: {} })).toEqual({
      '/background': 'at least one of prompt, image, reference and color is required',
    });
    expect(await refused('/v1/relight', { image: tinyPng, light: {} })).toEqual({
      '/light': 'at least one of direction, strength, prompt and reference is required',
    });
  });

  it.each(operations.map(({ name }) => name))('%s: an empty body names all that is required', async (name) => {
    const operation = operations.find((each) => each.name === name);
    const required = operation?.images.filter((image) => image.required).map(({ path }) => `/${path.join('/')}`) ?? [];
    const problems = await refused(`/v1/${name}`, {});
    expect(required.length).toBeGreaterThan(0);
    expect(Object.keys(problems)).toEqual(expect.arrayContaining(required));
  });

  it.each([[null], [[]], ['text'], [7]])('a body that is %j and no object is one problem', async (body) => {
    const problems = await refused('/v1/background', body);
    expect(Object.keys(problems)).toEqual(['']);
  });

  it('thousands of mistakes do not come back as thousands of lines', async () => {
    const body = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`field_${index}`, 'x'.repeat(10)]));
    const response = await gateway.post('/v1/background', { ...body, ['k'.repeat(100_000)]: 1 });
    const text = await response.clone().text();
    const { errors } = await problemOf(response, 400, 'invalid_request');
    expect(errors).toHaveLength(100);
    expect(text.length).toBeLessThan(64 * 1024);
  });
});

describe('limits of the fields', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['prompt of 10,001 characters', { background: { prompt: 'x'.repeat(10_001) } }, '/background/prompt'],
    ['seed above 4294967294', { seed: 4_294_967_295 }, '/seed'],
    ['count of 0', { count: 0 }, '/count'],
    ['count of 5', { count: 5 }, '/count'],
    ['unknown aspect ratio', { aspect_ratio: '5:4' }, '/aspect_ratio'],
    ['unknown format', { output_format: 'gif' }, '/output_format'],
    ['unknown resolution', { resolution: '8K' }, '/resolution'],
    ['negative cost', { max_cost_usd: -1 }, '/max_cost_usd'],
    ['deadline of 0', { deadline_s: 0 }, '/deadline_s'],
    [
      '17 pairs of metadata',
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v'])) },
      '/metadata',
    ],
    ['empty user', { user: '' }, '/user'],
    ['null', { seed: null }, '/seed'],
    ['an image that is no address', { image: 'photo.jpg' }, '/image'],
    ['an image by a scheme we do not read', { image: 'file:///etc/passwd' }, '/image'],
    ['an image as a number', { image: 5 }, '/image'],
  ])('%s', async (_, more, pointer) => {
    expect(Object.keys(await refused('/v1/background', { ...backgroundBody, ...more }))).toEqual([pointer]);
  });

  it('nine garments', async () => {
    const body = { person: tinyPng, prompt: 'x', garments: Array(9).fill(tinyPng) };
    expect(Object.keys(await refused('/v1/compose', body))).toEqual(['/garments']);
    const wrong = { ...body, garments: [tinyPng, 'no', tinyPng, 5] };
    expect(Object.keys(await refused('/v1/compose', wrong))).toEqual(['/garments/1', '/garments/3']);
  });

  it('what is at the limit is taken', async () => {
    const body = {
      ...backgroundBody,
      background: { prompt: 'x'.repeat(10_000) },
      seed: 4_294_967_294,
      count: 4,
      metadata: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, 'v'])),
    };
    expect((await gateway.post('/v1/background?dry_run=true', body)).status).toBe(200);
  });
});

describe('options of providers', () => {
  it('a provider that is not here', async () => {
    expect(await refused('/v1/background', { ...backgroundBody, options: { 'a/b': {} } })).toEqual({
      '/options/a~1b': 'there is no such provider here',
    });
  });

  it("wrong ones are the caller's mistake, told field by field, also when another backend is named", async () => {
    const options = { scripted: { faults: 'none', stages: 9, unheard_of: 1 } };
    const expected = {
      '/options/scripted/faults': expect.any(String),
      '/options/scripted/stages': expect.any(String),
      '/options/scripted/unheard_of': 'is not an option of scripted',
    };
    expect(await refused('/v1/background?provider=scripted', { ...backgroundBody, options })).toEqual(expected);
    expect(await refused('/v1/background?provider=scripted-lookup', { ...backgroundBody, options })).toEqual(expected);
  });

  it('stand in the same list as all other problems', async () => {
    const body = { image: tinyPng, options: { scripted: { stages: 'two' }, nobody: {} }, seed: 'x' };
    expect(Object.keys(await refused('/v1/background', body)).sort()).toEqual([
      '/background',
      '/options/nobody',
      '/options/scripted/stages',
      '/seed',
    ]);
  });

  it('that are no object', async () => {
    expect(Object.keys(await refused('/v1/background', { ...backgroundBody, options: 'x' }))).toEqual(['/options']);
    expect(Object.keys(await refused('/v1/background', { ...backgroundBody, options: { scripted: 'x' } }))).toEqual([
      '/options/scripted',
    ]);
  });
});

describe('assets that do not exist', () => {
  it('are told by their place, all of them', async () => {
    const gone = 'asset_01k9w2m4c8x5e7q3r6t1v0y2z4';
    expect(
      await refused('/v1/compose', { person: gone, place: tinyPng, garments: [tinyPng, gone], prompt: 'x' }),
    ).toEqual({ '/person': `${gone} does not exist`, '/garments/1': `${gone} does not exist` });
  });

  it.each([
    'asset_',
    'asset_x',
    "asset_' or 1=1 --",
    'asset_01K9W2M4C8X5E7Q3R6T1V0Y2Z4',
    `asset_${'a'.repeat(50_000)}`,
  ])('nor can be ids: %.40s', async (image) => {
    const { '/image': message = '' } = await refused('/v1/background', { ...backgroundBody, image });
    expect(message).toMatch(/does not exist$/);
    expect(message.length).toBeLessThan(100);
  });
});

describe('a request that is refused', () => {
  it('leaves nothing behind: no row, no file, no key', async () => {
    const before = await kept(gateway);
    const key = { 'idempotency-key': 'refused-1' };
    const notImage = `data:image/png;base64,${Buffer.from('this is text').toString('base64')}`;
    const inline = await gateway.post(
      '/v1/compose',
      { person: tinyPng, garments: [tinyPng, notImage], prompt: 'x' },
      key,
    );
    expect(problemsAt(await problemOf(inline, 422, 'unprocessable_image'))).toHaveProperty(['/garments/1']);
    await problemOf(await gateway.post('/v1/background', { image: tinyPng }, key), 400, 'invalid_request');
    await problemOf(await gateway.post('/v1/background?provider=no', backgroundBody, key), 422, 'unknown_provider');
    expect(await kept(gateway)).toEqual(before);
  });

  it('keeps no idempotency key: the corrected request may use it', async () => {
    const headers = { 'idempotency-key': 'corrected-later' };
    await problemOf(await gateway.post('/v1/background', { image: tinyPng }, headers), 400, 'invalid_request');
    const response = await gateway.post('/v1/background', backgroundBody, headers);
    expect(response.status).toBe(202);
    expect(response.headers.get('idempotency-replayed')).toBeNull();
  });
});

describe('the same picture in two places', () => {
  it('is kept once', async () => {
    const uploads = async () =>
      (await sql(gateway, "select id from assets where kind = 'input' and job_id is null")).length;
    const before = await uploads();
    const response = await gateway.post('/v1/compose?provider=scripted', { person: tinyPng, place: tinyPng });
    expect(response.status).toBe(202);
    expect(await uploads()).toBe(before + 1);
  });
});
