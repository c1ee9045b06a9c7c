import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BodyShare, smallBodyBytes, streamBytes } from '../../src/http/body-budget.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { backgroundBody, formOf, headersOf, imageFile, kept, noisyPng, raw, tinyBytes } from './support.ts';

const mega = 1024 * 1024;
const overloaded = expect.objectContaining({ code: 'overloaded', headers: { 'retry-after': '2' } });

describe('the budget of all bodies', () => {
  it('whoever finds it full is told to come again; what is given back can be taken', () => {
    using first = new BodyShare();
    first.take(50 * mega);
    {
      using second = new BodyShare();
      second.take(14 * mega);
      using third = new BodyShare();
      expect(() => third.take(mega)).toThrow(overloaded);
    }
    using fourth = new BodyShare();
    fourth.take(14 * mega);
    first.giveBack(mega);
    first.giveBack(100 * mega);
    fourth.take(50 * mega);
    using fifth = new BodyShare();
    expect(() => fifth.take(mega)).toThrow(overloaded);
  });

  it('large bodies do not shut out small ones, and these are counted too', () => {
    using large = new BodyShare();
    large.take(64 * mega);
    const small = Array.from({ length: (32 * mega) / smallBodyBytes }, () => new BodyShare());
    for (const share of small) share.take(smallBodyBytes);
    using another = new BodyShare();
    expect(() => another.take(1_000)).toThrow(overloaded);
    for (const share of small) share[Symbol.dispose]();
    another.take(1_000);
  });
});

describe('when it is full', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.stop());

  const full = (): BodyShare => {
    const share = new BodyShare();
    share.take(64 * mega - streamBytes + 1);
    return share;
  };
  const headers: readonly [string, string, Record<string, string | number>][] = [
    [
      'a form',
      'POST /v1/background',
      { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 50_000_000 },
    ],
    ['JSON', 'POST /v1/background', { 'content-type': 'application/json', 'content-length': 50_000_000 }],
    [
      'an upload',
      'POST /v1/assets',
      { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 50_000_000 },
    ],
    ['a direct upload', 'PUT /files/direct/x.png', { 'content-type': 'image/png', 'content-length': 50_000_000 }],
  ];

  it.each(headers)('%s is 503 before its body has come, also to who goes on sending', async (_, line, fields) => {
    using _share = full();
    const [method = '', path = ''] = line.split(' ');
    const head = headersOf(gateway.url, path, fields).replace('POST', method);
    async function* sending(): AsyncGenerator<string | Uint8Array> {
      yield head;
      for (let piece = 0; piece < 700; piece += 1) yield new Uint8Array(65_536);
    }
    for (const pieces of [[head], sending()]) {
      const answer = await raw(gateway.url, pieces, { quietMs: 4_000 });
      expect(answer).toMatchObject({ status: 503, closed: true });
      expect(answer.ms).toBeLessThan(1_000);
      expect(answer.text).toContain('content-type: application/problem+json');
      expect(answer.text).toMatch(/\r\nretry-after: 2\r\n/);
      expect(answer.text).toContain('"code":"overloaded"');
    }
  });

  it('small requests go on', async () => {
    using _share = full();
    expect((await gateway.post('/v1/background', backgroundBody)).status).toBe(202);
  });

  it('and once it is not, all is well: nothing was kept back by what was refused, failed or done', async () => {
    const form = () =>
      formOf([
        ['image', imageFile(tinyBytes())],
        ['background.color', 'red'],
      ]);
    const send = (body: FormData) => gateway.fetch('/v1/background', { method: 'POST', body });
    for (let round = 0; round < 150; round += 1) {
      const broken = formOf([['image', imageFile(new Uint8Array(200))]]);
      await (await send(round % 2 ? form() : broken)).text();
    }
    using all = new BodyShare();
    expect(() => all.take(64 * mega)).not.toThrow();
  });

  it('of 200 forms that come at once each is taken or told to come again, and only those taken leave anything', async () => {
    const before = await kept(gateway);
    const picture = imageFile(await noisyPng(400));
    const send = async (): Promise<string> => {
      const fields = [['image', picture] as const, ['background.color', 'red'] as const];
      const response = await gateway.fetch('/v1/background', { method: 'POST', body: formOf(fields) });
      await response.text();
      return `${response.status} ${response.headers.get('retry-after')}`;
    };
    const answers = await Promise.all(Array.from({ length: 200 }, send));
    const taken = answers.filter((each) => each === '202 1').length;
    expect(taken).toBeGreaterThanOrEqual(128);
    expect(answers.filter((each) => each === '503 2')).toHaveLength(200 - taken);
    expect(await kept(gateway)).toEqual({ ...before, jobs: (before.jobs ?? 0) + taken });
  }, 60_000);
});
