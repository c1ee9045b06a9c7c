import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, parseSettings } from '../../src/config.ts';
import { jobSchema } from '../../src/operations/job.ts';
import { startTestGateway, type TestGateway, tinyPng } from '../support/gateway.ts';
import { backgroundBody, formOf, imageFile, problemOf, problemsAt, tinyBytes } from './support.ts';

const north = 'north-key-0123456789';
const rotated = 'north-key-0123456789-next';
const south = 'south-key-0123456789';
const admin = 'admin-key-0123456789';

let gateway: TestGateway;
let open: TestGateway;
beforeAll(async () => {
  [gateway, open] = await Promise.all([
    startTestGateway({
      environment: { API_KEYS: `north:${north},north:${rotated},south:${south}`, ADMIN_KEYS: `ops:${admin}` },
    }),
    startTestGateway(),
  ]);
});
afterAll(() => Promise.all([gateway.stop(), open.stop()]));

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const asJson = (key: string) => ({ ...bearer(key), 'content-type': 'application/json' });

/** Things of north's: a finished job with a result, a job that goes on, an upload, a presigned one. */
const belongings = async () => {
  const submit = async (options: object, prefer = {}) => {
    const response = await gateway.post(
      '/v1/background?provider=scripted',
      { ...backgroundBody, options: { scripted: options } },
      { ...bearer(north), ...prefer },
    );
    return jobSchema.parse(await response.json());
  };
  const finished = await submit({}, { prefer: 'wait=20' });
  const running = await submit({ seconds: 120 });
  const form = formOf([['file', imageFile(tinyBytes())]]);
  const upload = (await (
    await gateway.fetch('/v1/assets', { method: 'POST', headers: bearer(north), body: form })
  ).json()) as { id: string };
  const presigned = (await (
    await gateway.post('/v1/assets/presign', { content_type: 'image/png', bytes: tinyBytes().length }, bearer(north))
  ).json()) as { asset_id: string };
  return {
    finished,
    running,
    upload: upload.id,
    presigned: presigned.asset_id,
    result: finished.outputs[0]?.asset_id ?? '',
  };
};

describe("what is another account's", () => {
  it('does not exist, whichever route asks, and every route with an id is in the matrix', async () => {
    const { finished, running, upload, presigned, result } = await belongings();
    const ids: Record<string, string[]> = { jobs: [finished.id, running.id], assets: [upload, presigned, result] };
    const document = (await (await gateway.fetch('/openapi.json')).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(document.paths)
      .filter(([path]) => path.includes('{'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })));
    expect(routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'DELETE /v1/assets/{id}',
      'GET /v1/assets/{id}',
      'GET /v1/jobs/{id}',
      'GET /v1/jobs/{id}/events',
      'POST /v1/jobs/{id}/cancel',
    ]);
    const unknown: Record<string, string> = {
      jobs: 'job_01k9w2m4c8x5e7q3r6t1v0y2z4',
      assets: 'asset_01k9w2m4c8x5e7q3r6t1v0y2z4',
    };
    for (const { path, method } of routes) {
      const kind = path.split('/')[2] ?? '';
      const ask = async (id: string) => {
        const problem = await problemOf(
          await gateway.fetch(path.replace('{id}', id), { method, headers: bearer(south) }),
          404,
          'not_found',
        );
        return { ...problem, request_id: '', detail: problem.detail.replaceAll(id, 'ID') };
      };
      const nothing = await ask(unknown[kind] ?? '');
      for (const id of ids[kind] ?? []) expect(await ask(id), `${method} ${path}`).toEqual(nothing);
    }
    expect(await (await gateway.fetch(`/v1/jobs/${running.id}`, { headers: bearer(north) })).json()).not.toMatchObject({
      status: 'canceled',
    });
    expect((await gateway.fetch(`/v1/assets/${upload}`, { headers: bearer(north) })).status).toBe(200);
    await gateway.post(`/v1/jobs/${running.id}/cancel`, undefined, bearer(north));
  });

  it('is not in the list, and no input of a request', async () => {
    const { running, upload, presigned, result } = await belongings();
    const listed = (await (await gateway.fetch('/v1/jobs?limit=100', { headers: bearer(south) })).json()) as {
      data: unknown[];
    };
    expect(listed.data).toEqual([]);
    for (const id of [upload, presigned, result]) {
      const response = await gateway.post(
        '/v1/background',
        { image: tinyPng, background: { image: id } },
        bearer(south),
      );
      expect(problemsAt(await problemOf(response, 400, 'invalid_request'))).toEqual({
        '/background/image': `${id} does not exist`,
      });
    }
    await gateway.post(`/v1/jobs/${running.id}/cancel`, undefined, bearer(north));
  });

  it('two keys of one account see the same', async () => {
    const { finished, running, upload } = await belongings();
    expect((await gateway.fetch(`/v1/jobs/${finished.id}`, { headers: bearer(rotated) })).status).toBe(200);
    expect((await gateway.fetch(`/v1/assets/${upload}`, { headers: bearer(rotated) })).status).toBe(200);
    expect(
      (await gateway.post('/v1/background', { image: upload, background: { color: 'red' } }, bearer(rotated))).status,
    ).toBe(202);
    expect((await gateway.post(`/v1/jobs/${running.id}/cancel`, undefined, bearer(rotated))).status).toBe(200);
  });
});

describe('keys', () => {
  const routes: readonly (readonly [string, string])[] = [
    ['POST', '/v1/compose'],
    ['POST', '/v1/relight'],
    ['POST', '/v1/background'],
    ['GET', '/v1/jobs'],
    ['GET', '/v1/jobs/job_01k9w2m4c8x5e7q3r6t1v0y2z4'],
    ['GET', '/v1/jobs/job_01k9w2m4c8x5e7q3r6t1v0y2z4/events'],
    ['POST', '/v1/jobs/job_01k9w2m4c8x5e7q3r6t1v0y2z4/cancel'],
    ['POST', '/v1/assets'],
    ['POST', '/v1/assets/presign'],
    ['GET', '/v1/assets/asset_01k9w2m4c8x5e7q3r6t1v0y2z4'],
    ['DELETE', '/v1/assets/asset_01k9w2m4c8x5e7q3r6t1v0y2z4'],
    ['GET', '/v1/providers'],
    ['GET', '/v1/operations'],
    ['GET', '/v1/unheard-of'],
  ];

  it('every route under /v1 of the contract is in this list', async () => {
    const document = (await (await gateway.fetch('/openapi.json')).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const documented = Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/v1/'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    const tested = routes.map(([method, path]) => `${method} ${path.replace(/(job|asset)_\w{26}/, '{id}')}`);
    expect(documented.filter((route) => !tested.includes(route))).toEqual([]);
  });

  it.each(routes)('%s %s: none is 401, and says which scheme', async (method, path) => {
    const response = await gateway.fetch(path, { method });
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    await problemOf(response, 401, 'unauthenticated');
  });

  it.each<[string, Record<string, string>]>([
    ['a wrong one', bearer('wrong-key-0123456789')],
    ['the beginning of one', bearer(north.slice(0, -1))],
    ['one with more behind it', bearer(`${north}x`)],
    ['what two have in common', bearer('north-key-')],
    ['other case', bearer(north.toUpperCase())],
    ["an account's name", bearer('north')],
    ['name and key', bearer(`north:${north}`)],
    ["an admin's", bearer(admin)],
    ['an empty one', bearer('')],
    ['none behind Bearer', { authorization: 'Bearer' }],
    ['by another scheme', { authorization: `Basic ${btoa(`north:${north}`)}` }],
    ['two', { authorization: `Bearer ${north}, Bearer ${south}` }],
    ['a wrong x-api-key', { 'x-api-key': 'wrong-key-0123456789' }],
    ['a wrong Bearer beside a right x-api-key', { ...bearer('wrong-key-0123456789'), 'x-api-key': north }],
    ['one of 10 kB', bearer('k'.repeat(10_000))],
  ])('%s is 401', async (_, headers) => {
    const response = await gateway.fetch('/v1/jobs', { headers });
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    const text = await response.clone().text();
    for (const value of Object.values(headers)) if (value.length > 10) expect(text).not.toContain(value);
    await problemOf(response, 401, 'unauthenticated');
  });

  it('by Bearer in any case, or by x-api-key', async () => {
    for (const headers of [bearer(north), { authorization: `bearer ${north}` }, { 'x-api-key': south }])
      expect((await gateway.fetch('/v1/jobs', { headers: headers as Record<string, string> })).status).toBe(200);
  });

  it('are asked for before the body is judged', async () => {
    await problemOf(await gateway.post('/v1/background', { nonsense: 1 }), 401, 'unauthenticated');
    await problemOf(
      await gateway.fetch('/v1/background', { method: 'POST', headers: asJson('wrong-key-0'), body: '{' }),
      401,
      'unauthenticated',
    );
  });
});

describe('what needs no key', () => {
  it.each(['/healthz', '/readyz', '/openapi.json', '/docs', '/docs/start.js'])('%s', async (path) => {
    expect((await gateway.fetch(path)).status).toBe(200);
  });
});

describe('/metrics', () => {
  it('is for keys of ADMIN_KEYS alone, once there are any', async () => {
    for (const headers of [{}, bearer(north), bearer('nonsense-key')])
      await problemOf(
        await gateway.fetch('/metrics', { headers: headers as Record<string, string> }),
        403,
        'forbidden',
      );
    for (const headers of [bearer(admin), { 'x-api-key': admin }]) {
      const response = await gateway.fetch('/metrics', { headers: headers as Record<string, string> });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(await response.text()).toContain('restage_http_request_seconds');
    }
  });

  it('is open where there are no keys at all', async () => {
    expect((await open.fetch('/metrics')).status).toBe(200);
  });
});

describe('without API_KEYS', () => {
  it('everybody is the same account, with or without a key', async () => {
    const { id } = jobSchema.parse(await (await open.post('/v1/background', backgroundBody)).json());
    expect((await open.fetch(`/v1/jobs/${id}`, { headers: bearer('whatever-key') })).status).toBe(200);
  });

  it('it listens beyond this machine only when that is said', () => {
    for (const HOST of ['0.0.0.0', '::', '192.168.1.5', 'gateway.internal']) {
      expect(() => parseSettings({ HOST })).toThrow(ConfigError);
      expect(() => parseSettings({ HOST })).toThrow(/API_KEYS.*ALLOW_ANONYMOUS=1/);
      expect(() => parseSettings({ HOST, ADMIN_KEYS: `ops:${admin}` })).toThrow(ConfigError);
      expect(parseSettings({ HOST, ALLOW_ANONYMOUS: '1' }).HOST).toBe(HOST);
      expect(parseSettings({ HOST, API_KEYS: `north:${north}` }).HOST).toBe(HOST);
    }
    for (const HOST of ['127.0.0.1', '::1', 'localhost']) expect(parseSettings({ HOST }).HOST).toBe(HOST);
  });
});
