import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
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
  const guarded = createGuardedFetch(options);
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

const blocked = 'This address may not be fetched. Use a public https:// address, or upload the image.';
const unreachable =
  'The image could not be fetched from its address. Check that the address answers without a login, or upload the image.';
const expectBlocked = (error: RestageError): void =>
  expect({ code: error.code, message: error.message }).toEqual({ code: 'blocked_address', message: blocked });
const expectUnreachable = (error: RestageError): void =>
  expect({ code: error.code, message: error.message }).toEqual({ code: 'unreachable_image', message: unreachable });

/** Listens where nobody may come; counts connections, on TCP. */
const canary = { connections: 0, port: 0 };
beforeAll(async () => {
  const count = (): TcpServer =>
    createTcpServer((socket) => {
      canary.connections += 1;
      socket.destroy();
    });
  canary.port = await listen(count(), '::');
});

describe('no spelling of an address reaches what is not public', () => {
  const hosts = [
    ...[
      '127.0.0.1',
      '127.1',
      '127.0.1',
      '2130706433',
      '0x7f000001',
      '0x7f.0.0.1',
      '0x7f.1',
      '0177.0.0.1',
      '017700000001',
      '0177.1',
    ],
    ...[
      '127.0.0.1.',
      '127.1.',
      '0x7f000001.',
      '127.000.000.001',
      '127.255.255.254',
      '0',
      '0.0.0.0',
      '0x0',
      '0.0.0.0.',
      '00000',
    ],
    ...[
      '１２７.０.０.１',
      '127。0。0。1',
      '127．0．0．1',
      '①②⑦.0.0.1',
      '%31%32%37.0.0.1',
      '127%2e0%2e0%2e1',
      '𝟙𝟚𝟟.0.0.1',
      '0Ⅹ7f.1',
    ],
    ...['localhost', 'LOCALHOST', 'LocalHost', 'loc%61lhost', 'ⓛocalhost', 'ｌｏｃａｌｈｏｓｔ'],
    ...[
      '[::1]',
      '[0:0:0:0:0:0:0:1]',
      '[0000::0001]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[::127.0.0.1]',
      '[::7f00:1]',
    ],
    ...[
      '[0:0:0:0:0:ffff:127.0.0.1]',
      '[::ffff:0:127.0.0.1]',
      '[64:ff9b::127.0.0.1]',
      '[64:ff9b:1::7f00:1]',
      '[2002:7f00:1::]',
      '[2001::1]',
    ],
    ...[
      '[fe80::1]',
      '[fe80::1%25lo]',
      '[fe80::1%lo]',
      '[::1%25lo]',
      '[fd00::2]',
      '[fec0::1]',
      '[ff02::1]',
      '[2001:db8::1]',
      '[3fff::1]',
    ],
    ...[
      '10.0.0.1',
      '172.16.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '169.254.169.254',
      '0xa9fea9fe',
      '2852039166',
      '0251.0376.0251.0376',
    ],
    ...[
      '168.63.129.16',
      '192.0.0.192',
      '198.18.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '192.0.2.2',
      '[fd00:ec2::254]',
      '100.100.100.200',
    ],
    ...['256.0.0.1', '1.2.3.4.5', '[', '[]', '[::1', '::1', '', ' ', '%00', '127.0.0.1%00.example', 'a b', '[v1.x]'],
  ];

  test('there are enough of them here', () => expect(hosts.length).toBeGreaterThanOrEqual(80));

  test.each(hosts.map((host) => [host]))('%s', async (host) => {
    const before = canary.connections;
    for (const url of [
      `https://${host}:${canary.port}/a.png`,
      `http://${host}:${canary.port}/a.png`,
      `https://images.example@${host}:${canary.port}/`,
      `https:\\\\${host}:${canary.port}\\a`,
    ]) {
      expectBlocked(await failure(url));
    }
    expect(canary.connections).toBe(before);
  });

  test.each(['localhost.', 'localhost.localdomain', '.', '..', '😀', '-', '_', 'a'.repeat(64), 'a.'.repeat(126)])(
    'the name %s, whatever the system makes of it',
    async (host) => {
      const before = canary.connections;
      const error = await failure(`https://${host}:${canary.port}/`);
      expect(['blocked_address', 'unreachable_image']).toContain(error.code);
      expect(canary.connections).toBe(before);
    },
  );

  test.each([
    'file:///etc/passwd',
    'ftp://example.com/a.png',
    'gopher://127.0.0.1/',
    'data:image/png;base64,AAAA',
    'javascript:alert(1)',
    'unix:/var/run/docker.sock',
    'http+unix://%2Fvar%2Frun%2Fdocker.sock/',
    'https://',
    'https:///',
    '//127.0.0.1/',
    '/a.png',
    'images.example/a.png',
    '',
    'https://user@example.com/',
    'https://user:secret@example.com/',
    'https://:secret@example.com/',
    'https://example.com:99999/',
  ])('%j is no address to fetch', async (url) => expectBlocked(await failure(url)));

  test('a name is judged by every address it has', async () => {
    for (const addresses of [
      ['127.0.0.1'],
      ['8.8.8.8', '10.0.0.1'],
      ['2a00:1450::1', '::1'],
      ['::ffff:8.8.8.8'],
      ['nonsense'],
      ['127.1'],
    ]) {
      const lookup = async (): Promise<{ address: string }[]> => addresses.map((address) => ({ address }));
      expectBlocked(await failure(`https://images.example:${canary.port}/`, { lookup }));
    }
    expect(canary.connections).toBe(0);
  });

  test('a public address over plain http is refused before anything is sent', async () => {
    expectBlocked(await failure('http://8.8.8.8/a.png'));
    const lookup = async (): Promise<{ address: string }[]> => [{ address: '8.8.8.8' }];
    expectBlocked(await failure('http://images.example/a.png', { lookup }));
  });

  test('a name that nobody knows cannot be told from one that does not answer', async () => {
    const lookup = async (): Promise<never> => {
      throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    };
    const error = await failure('https://nobody.example/', { lookup });
    expectUnreachable(error);
    expect(JSON.stringify(error.cause instanceof Error)).toBe('true');
    expectUnreachable(await failure('https://nobody.example/', { lookup: async () => [] }));
  });
});

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
  routes.to = (request, response) =>
    response.writeHead(302, { location: new URL(request.url ?? '', 'http://x').searchParams.get('url') ?? '' }).end();
  routes.hops = (request, response) => {
    const left = Number(request.url?.split('/')[2]);
    response.writeHead(307, { location: left > 1 ? `/hops/${left - 1}` : '/image' }).end('moved');
  };
});

describe('what is allowed is read', () => {
  test('by address, without leaving anything of ours there', async () => {
    friendly.requests.length = 0;
    for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) {
      process.env[name] = `http://127.0.0.1:${canary.port}`;
      clean.push(() => delete process.env[name]);
    }
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
    expect(canary.connections).toBe(0);
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
      else expectBlocked(await failure(url, { allow, lookup }));
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

describe('redirects', () => {
  const to = (url: string): string => `${friendly.url}/to?url=${encodeURIComponent(url)}`;

  test('three are followed, four are not', async () => {
    expect((await fetched(`${friendly.url}/hops/3`, { allow })).toString()).toBe('picture');
    expectUnreachable(await failure(`${friendly.url}/hops/4`, { allow }));
    expectUnreachable(await failure(`${friendly.url}/hops/1`, { allow, maxRedirects: 0 }));
  });

  test('each hop is judged anew', async () => {
    const before = canary.connections;
    for (const target of [
      `http://127.0.0.1:${canary.port}/`,
      `https://127.0.0.1:${canary.port}/`,
      `//127.0.0.1:${canary.port}/`,
      `https://localhost:${canary.port}/`,
      `http://[::1]:${canary.port}/`,
      `http://2130706433:${canary.port}/`,
      'http://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
      'data:image/png;base64,AAAA',
      'http://8.8.8.8/',
      `http://user:secret@127.0.0.2:${friendly.port}/image`,
      to(to(`http://127.0.0.1:${canary.port}/`)),
    ]) {
      expectBlocked(await failure(to(target), { allow }));
    }
    expect(canary.connections).toBe(before);
  });

  test('without a usable target there is nothing to fetch', async () => {
    routes.nowhere = (_request, response) => response.writeHead(302).end();
    routes.loop = (_request, response) => response.writeHead(301, { location: '/loop' }).end();
    expectUnreachable(await failure(`${friendly.url}/nowhere`, { allow }));
    expectUnreachable(await failure(`${friendly.url}/loop`, { allow }));
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

test('no string does more than fail', async () => {
  const before = canary.connections;
  const guarded = createGuardedFetch({ lookup: async () => [{ address: '127.0.0.1' }] });
  const pieces = fc.constantFrom(
    'https://',
    'http://',
    '127.0.0.1',
    `:${canary.port}`,
    '/',
    '@',
    '#',
    '?',
    '\\',
    '[',
    ']',
    '::1',
    '%',
    '.',
    '\0',
    // With its dot, so that no public address can come of it: a leading zero means octal.
    '０.',
    'localhost',
    ' ',
  );
  const arbitrary = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.array(fc.oneof(pieces, fc.string()), { maxLength: 8 }).map((parts) => `https://${parts.join('')}`),
  );
  await fc.assert(
    fc.asyncProperty(arbitrary, async (url) => {
      const error = await Array.fromAsync(guarded.fetchImage(url, { maxBytes: 10 })).catch((each: unknown) => each);
      expect(error).toBeInstanceOf(RestageError);
      expect((error as RestageError).code).toBe('blocked_address');
    }),
    { numRuns: 3000 },
  );
  expect(canary.connections).toBe(before);
  await guarded.close();
}, 60_000);
