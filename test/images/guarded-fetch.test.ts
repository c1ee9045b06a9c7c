import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGuardedFetch, type GuardedFetchOptions } from '../../src/images/guarded-fetch.ts';
import { RestageError } from '../../src/operations/errors.ts';
import { certificate, privateKey } from './certificate.ts';

const clean: (() => unknown)[] = [];
afterAll(async () => {
  for (const step of clean.reverse()) await step();
});

const portOf = (server: TcpServer): number => (server.address() as AddressInfo).port;
const listen = async (server: TcpServer, host: string, port = 0): Promise<number> => {
  await once(server.listen(port, host), 'listening');
  clean.push(() => {
    (server as Server).closeAllConnections?.();
    server.close();
  });
  return portOf(server);
};

const fetched = async (
  url: string,
  options: GuardedFetchOptions = {},
  maxBytes = 1_000_000,
  signal?: AbortSignal,
): Promise<Buffer> => {
  const guarded = createGuardedFetch({ bucketMs: 10, ...options });
  try {
    return Buffer.concat(
      await Array.fromAsync(guarded.fetchImage(url, { maxBytes, ...(signal !== undefined && { signal }) })),
    );
  } finally {
    await guarded.close();
  }
};

const failure = async (...parameters: Parameters<typeof fetched>): Promise<RestageError> => {
  const result = await fetched(...parameters).then(
    (bytes) => new Error(`${bytes.byteLength} bytes came from ${parameters[0]}`),
    (error: unknown) => error,
  );
  expect(result).toBeInstanceOf(RestageError);
  return result as RestageError;
};

const unreachable =
  'The image could not be fetched from its address. Check that the address answers without a login, or upload the image.';
const expectUnreachable = (error: RestageError): void =>
  expect({ code: error.code, message: error.message }).toEqual({ code: 'unreachable_image', message: unreachable });

/** A friendly server on 127.0.0.2, which is allowed, while 127.0.0.1 is not. */
const friendly = { url: '', port: 0, requests: [] as { path: string; headers: Record<string, unknown> }[] };
const allow = ['127.0.0.2'];
const routes: Record<string, RequestListener> = {};
beforeAll(async () => {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname;
    friendly.requests.push({ path, headers: { ...request.headers } });
    const route = routes[path.split('/')[1] ?? ''];
    if (route === undefined) response.writeHead(404).end();
    else route(request, response);
  });
  friendly.port = await listen(server, '127.0.0.2');
  friendly.url = `http://127.0.0.2:${friendly.port}`;
  routes.image = (_request, response) => response.end('picture');
});

describe('what is allowed is read', () => {
  test('by address, without leaving anything of ours there', async () => {
    friendly.requests.length = 0;
    expect((await fetched(`${friendly.url}/image?size=large#part`, { allow })).toString()).toBe('picture');
    expect(friendly.requests).toEqual([
      {
        path: '/image',
        headers: {
          host: `127.0.0.2:${friendly.port}`,
          accept: 'image/*',
          'accept-encoding': 'identity',
          'user-agent': 'Restage',
          connection: 'close',
        },
      },
    ]);
  });

  test('by name, resolved once for each request, so that a second answer does not matter', async () => {
    let asked = 0;
    const lookup = async (): Promise<{ address: string }[]> => {
      asked += 1;
      return [{ address: asked % 2 === 1 ? '127.0.0.2' : '127.0.0.1' }];
    };
    const url = `http://images.example:${friendly.port}/image`;
    for (let round = 0; round < 20; round += 1) {
      if (round % 2 === 0) expect((await fetched(url, { allow, lookup })).toString()).toBe('picture');
      else expectUnreachable(await failure(url, { allow, lookup }));
    }
    expect(asked).toBe(20);
  });

  test('an address that does not answer is passed over', async () => {
    const lookup = async (): Promise<{ address: string }[]> => [{ address: '127.0.0.3' }, { address: '127.0.0.2' }];
    const url = `http://images.example:${friendly.port}/image`;
    expect((await fetched(url, { allow: ['127.0.0.0/8'], lookup })).toString()).toBe('picture');
    expect((await fetched(url, { allow: ['images.example'], lookup })).toString()).toBe('picture');
  });

  test('over TLS, with a certificate for the name', async () => {
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, certificate]);
    clean.push(() => setDefaultCACertificates(before));
    const port = await listen(
      createSecureServer({ cert: certificate, key: privateKey }, (request, response) => {
        response.end(`${request.headers.host}`);
      }),
      '127.0.0.2',
    );
    const options = { allow, lookup: async () => [{ address: '127.0.0.2' }] };
    expect((await fetched(`https://images.test:${port}/`, options)).toString()).toBe(`images.test:${port}`);
    expect((await fetched(`https://a.images.test.:${port}/`, options)).toString()).toContain('a.images.test.');
    expectUnreachable(await failure(`https://other.test:${port}/`, options));
    expectUnreachable(await failure(`https://127.0.0.2:${port}/`, options));
    setDefaultCACertificates(before);
    expectUnreachable(await failure(`https://images.test:${port}/`, options));
  });
});

describe('answers that are no picture', () => {
  test.each([204, 206, 300, 304, 400, 401, 403, 404, 410, 429, 500, 503])('status %i', async (status) => {
    routes.status = (_request, response) => response.writeHead(status, { location: '/image' }).end();
    expectUnreachable(await failure(`${friendly.url}/status`, { allow }));
  });

  test('all failures look the same to the caller', async () => {
    routes.cut = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    };
    routes.reset = (request) => request.socket.destroy();
    routes.packed = (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000)));
    for (const path of ['cut', 'reset', 'packed'])
      expectUnreachable(await failure(`${friendly.url}/${path}`, { allow }));
    expectUnreachable(await failure('http://127.0.0.2:1/', { allow }));
  });

  test.each([
    'garbage\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab',
    `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`,
    'HTTP/1.1 302 Found\r\nlocation: \u0000\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    '',
  ])('raw answer %#', async (answer) => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end(answer));
      }),
      '127.0.0.2',
    );
    expectUnreachable(await failure(`http://127.0.0.2:${port}/`, { allow, totalTimeoutMs: 5000 }));
  });
});

describe('size and time', () => {
  test('too large is said before the body, or as soon as it is', async () => {
    let closed = false;
    routes.announced = (_request, response) => {
      response.writeHead(200, { 'content-length': '1001' });
      response.flushHeaders();
    };
    routes.endless = (_request, response) => {
      response.on('close', () => {
        closed = true;
      });
      const chunk = Buffer.alloc(64 * 1024);
      const write = (): void => {
        while (!closed && response.write(chunk));
        if (!closed) response.once('drain', write);
      };
      write();
    };
    const announced = await failure(`${friendly.url}/announced`, { allow }, 1000);
    expect(announced).toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/1001 bytes; the limit is 1000 bytes/),
    });
    const endless = await failure(`${friendly.url}/endless`, { allow }, 1_000_000);
    expect(endless).toMatchObject({ code: 'too_large', message: expect.stringContaining('limit of 1000000 bytes') });
    await sleep(100);
    expect(closed).toBe(true);
  });

  const quick = { allow, connectTimeoutMs: 300, headersTimeoutMs: 300, idleTimeoutMs: 300 };
  const seconds = async (work: Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work;
    return (performance.now() - started) / 1000;
  };

  test('a name that is never resolved', async () => {
    const lookup = (): Promise<never> => new Promise(() => {});
    const taken = await seconds(failure('https://images.example/', { ...quick, lookup }).then(expectUnreachable));
    expect(taken).toBeLessThan(1);
  });

  test('headers that never come, and a body that stops', async () => {
    routes.silent = () => {};
    routes.stops = (_request, response) => response.write('half');
    expect(await seconds(failure(`${friendly.url}/silent`, quick).then(expectUnreachable))).toBeLessThan(3);
    expect(await seconds(failure(`${friendly.url}/stops`, quick).then(expectUnreachable))).toBeLessThan(3);
  });

  test('a body that drips', async () => {
    routes.drips = (_request, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    };
    const drips = failure(`${friendly.url}/drips`, { allow, totalTimeoutMs: 400 }).then(expectUnreachable);
    expect(await seconds(drips)).toBeLessThan(1);
  });

  test('the caller’s own end comes with its reason', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('the job was canceled')), 50);
    await expect(fetched(`${friendly.url}/silent`, { allow }, 1000, controller.signal)).rejects.toThrow(
      'the job was canceled',
    );
    await expect(
      fetched(`${friendly.url}/image`, { allow }, 1000, AbortSignal.abort(new Error('before'))),
    ).rejects.toThrow('before');
  });

  test('leaving off early closes the connection', async () => {
    const guarded = createGuardedFetch({ allow });
    let closed = false;
    routes.left = (_request, response) => {
      response.on('close', () => {
        closed = true;
      });
      response.write('first');
    };
    for await (const chunk of guarded.fetchImage(`${friendly.url}/left`, { maxBytes: 1000 })) {
      expect(chunk.byteLength).toBe(5);
      break;
    }
    await sleep(50);
    expect(closed).toBe(true);
    await guarded.close();
  });
});
