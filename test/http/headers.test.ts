import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { backgroundBody, freePort, problemOf, raw } from './support.ts';

const allowed = 'https://app.example.com';
const local = 'http://localhost:5173';
const key = 'north-key-0123456789';

let plain: TestGateway;
let secure: Reachable;
beforeAll(async () => {
  const port = await freePort();
  const environment = {
    PORT: String(port),
    PUBLIC_URL: 'https://api.example.com/',
    CORS_ORIGINS: `${allowed}, ${local}`,
    API_KEYS: `north:${key}`,
  };
  const [first, second] = await Promise.all([startTestGateway(), startTestGateway({ environment })]);
  plain = first;
  // Its own address is the public one, which nobody here can reach.
  secure = { fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init), stop: second.stop };
});
afterAll(() => Promise.all([plain.stop(), secure.stop()]));

type Reachable = Pick<TestGateway, 'fetch' | 'stop'>;
type Ask = readonly [name: string, path: string, init: RequestInit, status: number];
const json = (body: unknown, headers = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

const asks: readonly Ask[] = [
  ['a job', '/v1/background', json(backgroundBody), 202],
  ['a plan', '/v1/background?dry_run=true', json(backgroundBody), 200],
  ['a list', '/v1/jobs', {}, 200],
  ['providers', '/v1/providers', {}, 200],
  ['operations', '/v1/operations', {}, 200],
  ['health', '/healthz', {}, 200],
  ['readiness', '/readyz', {}, 200],
  ['metrics', '/metrics', {}, 200],
  ['the contract', '/openapi.json', {}, 200],
  ['the docs', '/docs', {}, 200],
  ['their script', '/docs/swagger-ui-bundle.js', {}, 200],
  ['the way to them', '/', { redirect: 'manual' }, 302],
  ['400', '/v1/background', json({}), 400],
  [
    '400 of JSON',
    '/v1/background',
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' },
    400,
  ],
  ['404', '/v1/jobs/job_x', {}, 404],
  ['404 outside of /v1', '/nothing/here', {}, 404],
  ['404 of a file', '/files/uploads/x.png?expires=1&signature=x', {}, 404],
  ['404 of the docs', '/docs/package.json', {}, 404],
  ['405', '/v1/background', { method: 'DELETE' }, 405],
  ['406', '/v1/jobs', { headers: { accept: 'text/html' } }, 406],
  ['415', '/v1/background', { method: 'POST', body: 'x' }, 415],
  ['422', '/v1/background?provider=nobody', json(backgroundBody), 422],
];

describe('every answer', () => {
  it.each(asks)(
    '%s: may not be sniffed, framed or cached, and can be told apart by its id',
    async (_, path, init, status) => {
      const response = await plain.fetch(path, init);
      expect(response.status).toBe(status);
      const { headers } = response;
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('cache-control')).toBe(path.endsWith('bundle.js') ? 'public, max-age=86400' : 'no-store');
      expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/);
      expect(headers.get('set-cookie')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(headers.get('cross-origin-opener-policy')).toBeNull();
      expect(headers.get('access-control-allow-origin')).toBeNull();
      if (status >= 400) expect(headers.get('content-type')).toBe('application/problem+json');
    },
  );

  it('is for https alone where PUBLIC_URL says so, errors too', async () => {
    for (const path of ['/healthz', '/v1/jobs', '/nothing']) {
      const { headers } = await secure.fetch(path);
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    }
  });

  it('names addresses by PUBLIC_URL', async () => {
    const response = await secure.fetch('/v1/background', json(backgroundBody, { 'x-api-key': key }));
    const { urls, id } = (await response.json()) as { id: string; urls: Record<string, string> };
    expect(urls.events).toBe(`https://api.example.com/v1/jobs/${id}/events`);
  });

  it('to HEAD is that to GET without a body', async () => {
    const response = await plain.fetch('/v1/operations', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});

describe('x-request-id', () => {
  it.each(['caller-id-1', '0af7651916cd43dd8448eb211c80319c', 'a:b.c_d-e'.padEnd(128, 'x')])(
    '%.40s is kept',
    async (id) => {
      const good = await plain.fetch('/healthz', { headers: { 'x-request-id': id } });
      expect(good.headers.get('x-request-id')).toBe(id);
      const bad = await plain.fetch('/v1/jobs/x', { headers: { 'x-request-id': id } });
      expect((await problemOf(bad, 404, 'not_found')).request_id).toBe(id);
    },
  );

  it.each(['short', 'with space 1', '<script>alert(1)</script>', '{"json": true}', 'x'.repeat(129), 'ümläut-ids'])(
    '%.40s is replaced',
    async (id) => {
      const response = await plain.fetch('/v1/jobs/x', { headers: { 'x-request-id': id } });
      expect(response.headers.get('x-request-id')).toMatch(/^req_/);
      expect((await problemOf(response, 404, 'not_found')).request_id).toMatch(/^req_/);
    },
  );

  it('is another one for each request', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await plain.fetch('/healthz')).headers.get('x-request-id')),
    );
    expect(new Set(ids).size).toBe(20);
  });
});

describe('methods and types', () => {
  it.each([
    ['GET', '/v1/background', 'POST'],
    ['PUT', '/v1/jobs', 'GET'],
    ['DELETE', '/v1/jobs/job_x', 'GET'],
    ['GET', '/v1/jobs/job_x/cancel', 'POST'],
    ['PATCH', '/v1/assets/asset_x', 'GET, DELETE'],
    ['POST', '/healthz', 'GET'],
    ['OPTIONS', '/v1/background', 'POST'],
    ['DELETE', '/files/uploads/x.png', 'GET, PUT'],
  ])('%s %s is 405 and says what there is', async (method, path, allow) => {
    const response = await plain.fetch(path, { method });
    expect(response.headers.get('allow')).toBe(allow);
    await problemOf(response, 405, 'method_not_allowed');
  });

  it.each([
    '/v1',
    '/v1/',
    '/v2/jobs',
    '/v1/jobs/',
    '/v1/jobs/a/b',
    '/V1/jobs',
    '/%2e%2e/etc/passwd',
    '/files/',
    '/docs/../package.json',
    '/.env',
    '/admin',
  ])('%s is 404', async (path) => {
    await problemOf(await plain.fetch(path), 404, 'not_found');
  });

  it('a 404 does not send back the query, where secrets may be', async () => {
    expect(await (await plain.fetch('/nothing?token=canary')).text()).not.toContain('canary');
  });

  it.each([
    'application/json',
    '*/*',
    'application/*',
    'text/html, application/json;q=0.5',
    'application/problem+json',
  ])('Accept: %s is fine', async (accept) => {
    expect((await plain.fetch('/v1/jobs', { headers: { accept } })).status).toBe(200);
  });

  it.each(['text/html', 'image/png', 'application/xml'])('Accept: %s is 406', async (accept) => {
    await problemOf(await plain.fetch('/v1/jobs', { headers: { accept } }), 406, 'not_acceptable');
  });
});

describe('CORS', () => {
  const preflight = (gateway: Reachable, origin: string, path = '/v1/background') =>
    gateway.fetch(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  it('is off by default', async () => {
    for (const response of [
      await preflight(plain, allowed),
      await plain.fetch('/v1/jobs', { headers: { origin: allowed } }),
    ])
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each([allowed, local])('%s may, by name, and may read what it needs', async (origin) => {
    const ready = await preflight(secure, origin);
    expect(ready.status).toBe(204);
    expect(ready.headers.get('access-control-allow-origin')).toBe(origin);
    expect(ready.headers.get('access-control-allow-methods')?.split(',').sort()).toEqual(['DELETE', 'GET', 'POST']);
    for (const name of ['authorization', 'content-type', 'idempotency-key', 'prefer', 'last-event-id'])
      expect(ready.headers.get('access-control-allow-headers')?.split(',')).toContain(name);
    const response = await secure.fetch('/v1/jobs', { headers: { origin, 'x-api-key': key } });
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('vary')?.toLowerCase()).toContain('origin');
    expect(response.headers.get('access-control-expose-headers')?.split(',')).toEqual(
      expect.arrayContaining(['location', 'retry-after', 'x-request-id']),
    );
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('a page may read errors too', async () => {
    for (const path of ['/v1/jobs', '/v1/nothing'])
      expect(
        (await secure.fetch(path, { headers: { origin: allowed } })).headers.get('access-control-allow-origin'),
      ).toBe(allowed);
  });

  it('a page may upload to a presigned link, and read a result', async () => {
    const answer = await preflight(secure, allowed, '/files/direct/x.png');
    expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
    expect(answer.headers.get('access-control-allow-methods')).toContain('PUT');
  });

  it('nobody else may, however alike', async () => {
    const others = [
      'null',
      '*',
      'https://app.example.com.evil.com',
      'https://evil-app.example.com',
      'https://evilapp.example.com',
      'http://app.example.com',
      'https://app.example.com:8443',
      'https://APP.example.com',
      'https://app.example.com/',
      'https://example.com',
      'https://a.app.example.com',
      'https://appXexample.com',
      'http://localhost',
      'http://localhost:5174',
      'http://127.0.0.1:5173',
      'file://',
      'https://app.example.com@evil.com',
      `${allowed}, ${local}`,
      `${allowed} ${local}`,
      ...Array.from(
        { length: 31 },
        (_, index) => `https://app.example.co${String.fromCharCode(97 + (index % 12))}${index}`,
      ),
    ];
    expect(others.length).toBeGreaterThanOrEqual(50);
    for (const origin of others) {
      for (const response of [
        await preflight(secure, origin),
        await secure.fetch('/v1/jobs', { headers: { origin, 'x-api-key': key } }),
      ])
        expect(response.headers.get('access-control-allow-origin'), origin).toBeNull();
    }
  });
});

describe('what HTTP itself forbids', () => {
  const host = () => new URL(plain.url).host;
  it.each<[string, () => string]>([
    [
      'a header with a bare line feed',
      () => `GET /healthz HTTP/1.1\r\nHost: ${host()}\r\nX-A: b\nX-B: c\r\n\n\r\n\r\n`,
    ],
    [
      'a space before the colon',
      () => `GET /healthz HTTP/1.1\r\nHost: ${host()}\r\nTransfer-Encoding : chunked\r\n\r\n`,
    ],
    ['no host', () => 'GET /healthz HTTP/1.1\r\n\r\n'],
    ['headers of 20 kB', () => `GET /healthz HTTP/1.1\r\nHost: ${host()}\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('%s', async (_, request) => {
    const { status, closed } = await raw(plain.url, [request()]);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(closed).toBe(true);
  });

  it('a line break in a value comes back in no header', async () => {
    const { text } = await raw(plain.url, [
      `GET /v1/jobs/%0d%0aset-cookie:a=b HTTP/1.1\r\nHost: ${host()}\r\nX-Request-Id: a%0d%0aX-Evil: 1\r\nConnection: close\r\n\r\n`,
    ]);
    expect(text.split('\r\n\r\n')[0]?.toLowerCase()).not.toMatch(/set-cookie|x-evil/);
  });
});
