import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerType } from '@hono/node-server';
import { afterEach, describe, expect, it } from 'vitest';
import { problemSchema } from '../../src/http/problem.ts';
import { defaultLimits, type ServerLimits } from '../../src/platform/http/limits.ts';
import { closeServer, listen, urlOf } from '../../src/platform/http/server.ts';
import { raw } from './support.ts';

const chunk = new Uint8Array(65_536).fill(97);

/** Streams so many chunks, each after a pause. */
const streamed = (chunks: number, pauseMs = 0): Response => {
  let left = chunks;
  const pull = async (controller: ReadableStreamDefaultController): Promise<void> => {
    if (left < chunks && pauseMs > 0) await sleep(pauseMs);
    left -= 1;
    if (left < 0) controller.close();
    else controller.enqueue(pauseMs > 0 ? chunk.slice(0, 10) : chunk);
  };
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
};

const routes: Record<string, (request: Request) => Promise<Response>> = {
  '/small': async () => new Response('fine'),
  '/body': async (request) => {
    let bytes = 0;
    for await (const piece of request.body as unknown as AsyncIterable<Uint8Array>) bytes += piece.byteLength;
    return new Response(`${bytes} bytes`);
  },
  '/whole-body': async (request) => new Response(`${(await request.arrayBuffer()).byteLength} bytes`),
  '/soon': async (request) => {
    await sleep(300);
    return routes['/body']?.(request) ?? new Response();
  },
  '/late': async (request) => {
    await sleep(1_500);
    return routes['/body']?.(request) ?? new Response();
  },
  '/large': async () => streamed(320),
  '/quiet': async () => streamed(3, 1_200),
};
const answer = async (request: Request): Promise<Response> => {
  try {
    return (await routes[new URL(request.url).pathname]?.(request)) ?? new Response(null, { status: 404 });
  } catch (error) {
    return new Response(String((error as { code?: string }).code ?? error), { status: 418 });
  }
};

const quick: ServerLimits = {
  ...defaultLimits,
  headersMs: 700,
  bodyWindowMs: 800,
  stalledAnswerMs: 400,
  checkEveryMs: 100,
};

let server: ServerType | undefined;
const start = async (limits: ServerLimits = quick): Promise<string> => {
  server = await listen(answer, '127.0.0.1', 0, limits);
  return urlOf(server);
};
afterEach(async () => {
  if (server && 'closeAllConnections' in server) server.closeAllConnections();
  if (server) await closeServer(server);
});

const request = (path: string, more: string): string => `POST ${path} HTTP/1.1\r\nHost: a.example\r\n${more}`;
const withLength = (path: string, bytes: number): string => request(path, `Content-Length: ${bytes}\r\n\r\n`);

async function* every(ms: number, begin: string, pieces: Iterable<string>): AsyncGenerator<string> {
  yield begin;
  for (const piece of pieces) {
    await sleep(ms);
    yield piece;
  }
}

/** The last answer in the text, as a problem. */
const problemIn = (text: string) => {
  const [head = '', body = ''] = (text.split(/(?=HTTP\/1\.1 \d{3} )/).at(-1) ?? '').split('\r\n\r\n');
  expect(head.toLowerCase()).toContain('content-type: application/problem+json');
  const problem = problemSchema.strict().parse(JSON.parse(body));
  expect(head.toLowerCase()).toContain(`x-request-id: ${problem.request_id}`);
  return problem;
};

describe('who is slow', () => {
  it.each([
    ['nothing at all', ['']],
    ['no end of the headers', every(100, 'GET /small HTTP/1.1\r\nHost: a\r\n', Array(20).fill('x: y\r\n'))],
    ['half a request behind a whole one', ['GET /small HTTP/1.1\r\nHost: a\r\n\r\nGET /sm']],
  ])('%s: 408, and the connection is closed', async (_, pieces) => {
    const { text, closed, ms } = await raw(await start(), pieces);
    expect(problemIn(text)).toMatchObject({ status: 408, code: 'too_slow' });
    expect(closed).toBe(true);
    expect(ms).toBeLessThan(1_500);
  });

  it.each([
    ['a body that streams', withLength('/body', 1_000_000)],
    ['a small body', withLength('/whole-body', 1_000)],
    ['a body without a length', request('/body', 'Transfer-Encoding: chunked\r\n\r\n')],
  ])('%s: whoever reads it gets an error, and can still answer', async (_, head) => {
    const { text, closed, ms } = await raw(await start(), every(100, head, Array(30).fill('1\r\na\r\n')));
    expect(text).toContain('418');
    expect(text).toContain('too_slow');
    expect(closed).toBe(true);
    expect(ms).toBeGreaterThan(700);
    expect(ms).toBeLessThan(2_000);
  });

  it('a body that comes at the least rate lives as long as it takes', async () => {
    const piece = 'a'.repeat(2_000);
    const { text } = await raw(await start(), every(100, withLength('/body', 20 * 2_000), Array(20).fill(piece)));
    expect(text).toContain('40000 bytes');
  });

  it('time in which we do not read does not count', async () => {
    const { text } = await raw(await start(), [withLength('/late', 3_000_000), 'a'.repeat(3_000_000)]);
    expect(text).toContain('3000000 bytes');
  });

  const unread = async (url: string): Promise<Socket & { received: number }> => {
    const { hostname, port } = new URL(url);
    const socket = Object.assign(connect(Number(port), hostname), { received: 0 });
    socket.pause();
    socket.on('error', () => {});
    socket.on('data', (data) => {
      socket.received += data.length;
    });
    socket.write('GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    return socket;
  };
  const rest = (socket: Socket & { received: number }): Promise<number> =>
    new Promise((resolve) => {
      socket.once('close', () => resolve(socket.received));
      if (socket.closed) resolve(socket.received);
      socket.resume();
    });

  it('an answer that nobody takes is given up', async () => {
    const socket = await unread(await start());
    await sleep(1_500);
    expect(await rest(socket)).toBeLessThan(320 * chunk.length);
  });

  it('an answer that is taken with pauses is not', async () => {
    const socket = await unread(await start());
    for (let pause = 0; pause < 6; pause += 1) {
      await sleep(200);
      socket.resume();
      await sleep(5);
      socket.pause();
    }
    expect(await rest(socket)).toBeGreaterThanOrEqual(320 * chunk.length);
  });

  it('an answer that is quiet because nothing happens lives', async () => {
    const response = await fetch(`${await start()}/quiet`);
    expect(await response.text()).toBe('a'.repeat(30));
  });

  it('a connection that is kept alive is closed in time', async () => {
    const url = await start({ ...quick, keepAliveMs: 300 });
    const { text, closed } = await raw(url, ['GET /small HTTP/1.1\r\nHost: a\r\n\r\n'], { quietMs: 4_000 });
    expect(text).toContain('fine');
    expect(closed).toBe(true);
  });
});

describe('an answer that comes before its request has come whole', () => {
  const next = 'GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

  it('reaches who goes on sending, and the connection can be used again', async () => {
    const pieces = [...Array(20).fill('a'.repeat(50_000)), next];
    const sending = every(100, withLength('/small', 1_000_000), pieces);
    const { text, ms } = await raw(await start(), sending, { quietMs: 4_000 });
    expect(ms).toBeLessThan(500);
    expect(text.match(/fine/g)).toHaveLength(2);
  });

  it('reaches who wants the connection closed; it is closed when all has come', async () => {
    const head = request('/small', 'Connection: close\r\nContent-Length: 1000000\r\n\r\n');
    const sending = every(100, head, Array(20).fill('a'.repeat(50_000)));
    const seen = await raw(await start(), sending, { quietMs: 4_000 });
    expect(seen).toMatchObject({ status: 200, closed: true });
    expect(seen.sentBytes).toBeLessThan(200_000);
  });

  it('ends the connection of who stops, and of who never stops', async () => {
    const url = await start();
    const stopped = await raw(url, [withLength('/small', 1_000_000)]);
    expect(stopped).toMatchObject({ status: 200, closed: true });
    const endless = await raw(url, every(0, withLength('/small', 1e12), Array(2_000).fill('a'.repeat(65_536))));
    expect(endless).toMatchObject({ status: 200, closed: true });
  });
});

describe('what is no HTTP', () => {
  const get = 'GET /small HTTP/1.1\r\nHost: a\r\n';
  it.each([
    ['garbage', 'abc\r\n\r\n', 400, 'invalid_request'],
    ['a header without a name', `${get}: x\r\n\r\n`, 400, 'invalid_request'],
    ['headers of 20 kB', `${get}x: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'too_large'],
    ['no host', 'GET /small HTTP/1.1\r\n\r\n', 400, undefined],
    ['a host that is none', 'GET /small HTTP/1.1\r\nHost: a b\r\n\r\n', 400, 'invalid_request'],
    ['a path that is none', 'GET \\\\evil HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'invalid_request'],
    [
      'a length and chunks',
      request('/body', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
      400,
      'invalid_request',
    ],
    ['two lengths', request('/body', 'Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'), 400, 'invalid_request'],
    [
      'a chunk without a size',
      request('/body', 'Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n'),
      400,
      'invalid_request',
    ],
    [
      'a chunk longer than it says',
      request('/body', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n'),
      400,
      'invalid_request',
    ],
    [
      'endless chunk extensions',
      request('/body', `Transfer-Encoding: chunked\r\n\r\n3;${'x'.repeat(20_000)}\r\nabc\r\n`),
      413,
      'too_large',
    ],
  ])('%s is answered as a problem, and the connection closed', async (_, text, status, code) => {
    const seen = await raw(await start(), [text]);
    expect(seen.closed).toBe(true);
    expect(seen.status).toBe(status);
    if (code) expect(problemIn(seen.text)).toMatchObject({ status, code });
  });

  it('a few chunk extensions are none of our business', async () => {
    const chunks = '3;a=b\r\nabc\r\n3;c="d"\r\ndef\r\n0\r\n\r\n';
    const text = request('/body', `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunks}`);
    expect((await raw(await start(), [text])).text).toContain('6 bytes');
  });

  it('behind a whole request it does not take that request its answer', async () => {
    const { text, closed } = await raw(await start(), [`${withLength('/soon', 3)}abcGARBAGE\r\n\r\n`]);
    expect(text).toContain('3 bytes');
    expect(problemIn(text)).toMatchObject({ status: 400 });
    expect(closed).toBe(true);
  });
});

describe('how many connections', () => {
  const open = (url: string): Promise<'answered' | 'closed'> =>
    new Promise((resolve) => {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname, () => socket.write('GET /small HTTP/1.1\r\nHost: a\r\n\r\n'));
      sockets.push(socket);
      socket.once('data', () => resolve('answered'));
      socket.once('close', () => resolve('closed'));
      socket.on('error', () => {});
    });
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  it.each([
    ['of one address', { connectionsPerAddress: 5 }],
    ['in all', { connections: 5 }],
  ])('%s: further ones are closed, until one goes', async (_, limits) => {
    const url = await start({ ...defaultLimits, ...limits });
    const outcomes: string[] = [];
    for (let count = 0; count < 7; count += 1) outcomes.push(await open(url));
    expect(outcomes).toEqual([...Array(5).fill('answered'), 'closed', 'closed']);
    sockets[0]?.destroy();
    await sleep(50);
    expect(await open(url)).toBe('answered');
  });
});
