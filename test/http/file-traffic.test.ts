import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BodyShare } from '../../src/http/body-budget.ts';
import { inTurns } from '../../src/http/file-traffic.ts';

/** Files of ten chunks, each of which takes a moment; counts how many are read at the same time. */
const store = () => {
  const seen = { now: 0, most: 0, canceled: 0 };
  const serve = async (request: Request): Promise<Response> => {
    if (request.method === 'HEAD') return new Response(null, { status: 204 });
    let left = 10;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          seen.now += 1;
          seen.most = Math.max(seen.most, seen.now);
          await sleep(2);
          seen.now -= 1;
          left -= 1;
          controller.enqueue(new Uint8Array(1_000));
          if (left === 0) controller.close();
        },
        cancel: () => {
          seen.canceled += 1;
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status: 206, headers: { etag: '"a"' } });
  };
  return { seen, serve: inTurns(serve) };
};
const get = () => new Request('http://a.example/files/a.png');

it('many downloads at once come whole, and few chunks are read at the same time', async () => {
  const { seen, serve } = store();
  const bodies = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const response = await serve(get());
      expect([response.status, response.headers.get('etag')]).toEqual([206, '"a"']);
      return (await response.arrayBuffer()).byteLength;
    }),
  );
  expect(bodies).toEqual(Array(40).fill(10_000));
  expect(seen.most).toBe(4);
});

it('who does not read, or leaves, keeps nobody waiting', async () => {
  const { seen, serve } = store();
  const stalled = await Promise.all(Array.from({ length: 10 }, () => serve(get())));
  const left = await Promise.all(Array.from({ length: 10 }, () => serve(get())));
  for (const response of left) {
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
  }
  expect(seen.canceled).toBe(10);
  expect((await (await serve(get())).arrayBuffer()).byteLength).toBe(10_000);
  for (const response of stalled) expect((await response.arrayBuffer()).byteLength).toBe(10_000);
});

it('an answer without a body needs no turn, and an upload has its share of the budget', async () => {
  const { serve } = store();
  expect((await serve(new Request('http://a.example/files/a.png', { method: 'HEAD' }))).status).toBe(204);
  const put = () => new Request('http://a.example/files/a.png', { method: 'PUT', body: 'x' });
  {
    using all = new BodyShare();
    all.take(64 * 1024 * 1024);
    await expect(serve(put())).rejects.toMatchObject({ code: 'overloaded' });
  }
  expect((await serve(put())).status).toBe(206);
  using all = new BodyShare();
  expect(() => all.take(64 * 1024 * 1024)).not.toThrow();
});
