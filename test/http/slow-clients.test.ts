import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { headersOf, kept, type RawAnswer, raw } from './support.ts';

const clients = 100;
/** Of each kind that streams: more of them at once would be refused with 503. */
const streaming = 50;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

async function* trickle(begin: string, piece: string): AsyncGenerator<string> {
  yield begin;
  for (;;) {
    await sleep(1_000);
    yield piece;
  }
}

const path = '/v1/background';
const part = '--b\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n\x89PNG\r\n\x1a\n';
const ways: readonly (readonly [string, number, () => AsyncGenerator<string>])[] = [
  ['headers', clients, () => trickle(`POST ${path} HTTP/1.1\r\nhost: a\r\n`, 'x-a: b\r\n')],
  [
    'a small body',
    clients,
    () =>
      trickle(
        headersOf(gateway.url, path, { 'content-type': 'application/json', 'content-length': 1_000 }),
        '{"user":"a',
      ),
  ],
  [
    'a large body',
    streaming,
    () =>
      trickle(
        `${headersOf(gateway.url, path, { 'content-type': 'application/json', 'content-length': 1_000_000 })}{"user":"`,
        'a'.repeat(1_000),
      ),
  ],
  [
    'a form',
    streaming,
    () =>
      trickle(
        `${headersOf(gateway.url, path, { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 1_000_000 })}${part}`,
        '\0'.repeat(1_000),
      ),
  ],
];

it('many at once of each kind of slow sender are cut with 408 within 12 s, and nobody else notices', async () => {
  const before = await kept(gateway);
  const slow = Promise.all(
    ways.map(async ([name, count, pieces]): Promise<[string, RawAnswer[]]> => {
      const one = () => raw(gateway.url, pieces(), { timeoutMs: 15_000 });
      return [name, await Promise.all(Array.from({ length: count }, one))];
    }),
  );
  const latencies: number[] = [];
  let done = false;
  slow.finally(() => {
    done = true;
  });
  while (!done) {
    const started = performance.now();
    expect((await gateway.fetch('/healthz')).status).toBe(200);
    latencies.push(performance.now() - started);
    await sleep(20);
  }
  for (const [name, answers] of await slow) {
    expect(
      answers.map(({ status, closed }) => ({ status, closed })),
      name,
    ).toEqual(Array(answers.length).fill({ status: 408, closed: true }));
    expect(Math.max(...answers.map(({ ms }) => ms)), name).toBeLessThan(12_500);
    for (const { text } of answers) {
      expect(text).toContain('content-type: application/problem+json');
      expect(text).toContain('"code":"too_slow"');
    }
  }
  const p99 = latencies.sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0;
  console.log(`/healthz beside 300 slow clients: p99 ${p99.toFixed(0)} ms of ${latencies.length}`);
  expect(p99).toBeLessThan(500);
  await expect.poll(() => kept(gateway), { timeout: 5_000 }).toEqual(before);
}, 60_000);

it('who leaves in the middle of a body is no fault of ours: nothing stays, and nothing is counted as one', async () => {
  const before = await kept(gateway);
  const response = await gateway.post('/v1/assets/presign', { content_type: 'image/png', bytes: 1_000_000 });
  const { pathname, search } = new URL(((await response.json()) as { url: string }).url);
  const presigned = await kept(gateway);
  const json = { 'content-type': 'application/json' };
  const bodies: readonly (readonly [string, string])[] = [
    [headersOf(gateway.url, path, { ...json, 'content-length': 1_000 }), '{"user":"'],
    [headersOf(gateway.url, path, { ...json, 'content-length': 1_000_000 }), '{"user":"'],
    [headersOf(gateway.url, path, { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 1e6 }), part],
    [
      headersOf(gateway.url, `${pathname}${search}`, { 'content-type': 'image/png', 'content-length': 1e6 }).replace(
        'POST',
        'PUT',
      ),
      'a'.repeat(100_000),
    ],
  ];
  for (const pieces of bodies) expect((await raw(gateway.url, pieces, { timeoutMs: 200 })).status).toBe(0);
  const left = async (): Promise<string[]> => {
    const text = await (await gateway.fetch('/metrics')).text();
    return text.split('\n').filter((line) => /^restage_http_request_seconds_count.*status="(400|5..)"/.test(line));
  };
  await expect
    .poll(left, { timeout: 5_000 })
    .toEqual([
      'restage_http_request_seconds_count{method="POST",route="/v1/background",status="400"} 3',
      'restage_http_request_seconds_count{method="PUT",route="/files/*",status="400"} 1',
    ]);
  expect(await kept(gateway)).toEqual(presigned);
  expect(presigned.files).toBe(before.files);
});
