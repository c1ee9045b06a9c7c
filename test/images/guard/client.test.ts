import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseAllowList } from '../../../src/images/addresses.ts';
import { createGuardedClient, type GuardedClient, type GuardedRequest } from '../../../src/images/guarded-client.ts';
import { guardedConnector } from '../../../src/images/guarded-connect.ts';
import { type Canaries, startCanaries } from './canaries.ts';
import { type Farm, picture, startFarm } from './farm.ts';
import { addressForms } from './forms.ts';

let farm: Farm;
let canaries: Canaries;
const clients: GuardedClient[] = [];
const clientWith = (more: Partial<Parameters<typeof createGuardedClient>[0]> = {}): GuardedClient => {
  const client = createGuardedClient({
    allow: parseAllowList([farm.host]),
    maxRedirects: 3,
    connectTimeoutMs: 500,
    headersTimeoutMs: 500,
    idleTimeoutMs: 500,
    lookup: async () => [{ address: '127.0.0.1' }],
    ...more,
  });
  clients.push(client);
  return client;
};
beforeAll(async () => {
  farm = await startFarm();
  canaries = await startCanaries();
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await canaries.close();
  farm.close();
});
beforeEach(() => {
  farm.requests.length = 0;
});

const signal = new AbortController().signal;
const get: GuardedRequest = { method: 'GET', accept: 'image/*', signal };
const post: GuardedRequest = {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'webhook-id': 'msg_1' },
  body: '{"type":"job.succeeded"}',
  signal,
};

describe('a GET, as for an image', () => {
  test('follows redirects, and what it sends is ours alone', async () => {
    const response = await clientWith().request(farm.to(farm.image), get);
    expect(response.status).toBe(200);
    expect(response.header('content-type')).toBe('image/gif');
    expect(Buffer.concat(await Array.fromAsync(response.body)).equals(picture)).toBe(true);
    const headers = {
      host: `${farm.host}:${farm.port}`,
      accept: 'image/*',
      'accept-encoding': 'identity',
      'user-agent': 'Restage',
      connection: 'close',
    };
    expect(farm.requests).toEqual(['/to', '/image'].map((path) => ({ method: 'GET', path, headers, body: '' })));
  });

  test('behind the last redirect, the redirect is the answer', async () => {
    const response = await clientWith({ maxRedirects: 0 }).request(farm.to(farm.image), get);
    expect([response.status, response.header('location')]).toEqual([302, farm.image]);
    response.discard();
    expect(farm.requests).toHaveLength(1);
  });
});

describe('a POST, as for a notice', () => {
  test('carries its body and headers', async () => {
    const response = await clientWith().request(farm.image, post);
    response.discard();
    expect(response.status).toBe(200);
    expect(farm.requests).toMatchObject([
      { method: 'POST', path: '/image', body: '{"type":"job.succeeded"}', headers: { 'webhook-id': 'msg_1' } },
    ]);
  });

  test.each([301, 302, 303, 307, 308])('goes nowhere else: %i is an answer', async (status) => {
    const response = await clientWith().request(farm.to(farm.image, status), post);
    response.discard();
    expect(response.status).toBe(status);
    expect(farm.requests).toHaveLength(1);
  });

  test('of a long reply no more is read than wanted', async () => {
    const response = await clientWith().request(farm.at('/long'), post);
    let bytes = 0;
    for await (const chunk of response.body) {
      bytes += chunk.byteLength;
      if (bytes >= 1_000) break;
    }
    expect(bytes).toBeLessThan(300_000);
  });

  test('ends with its own time, or when it is told to', async () => {
    const client = clientWith({ headersTimeoutMs: 200 });
    await expect(client.request(farm.at('/silent'), post)).rejects.toThrow('Headers Timeout');
    const stop = AbortSignal.timeout(50);
    await expect(client.request(farm.at('/silent'), { ...post, signal: stop })).rejects.toThrow('timeout');
  });

  test('reaches nothing that is not public, in any form', async () => {
    const before = await canaries.touched();
    const client = clientWith();
    for (const { url, verdict } of addressForms(canaries)) {
      if (verdict === 'public') continue;
      await expect(client.request(url, post), url).rejects.toHaveProperty('name', 'BlockedAddress');
    }
    expect(await canaries.touched()).toBe(before);
    expect(farm.requests).toEqual([]);
  });
});

describe('the connector stands by itself', () => {
  test('a literal is judged there too, and http to it', async () => {
    const before = await canaries.touched();
    const dialled: string[] = [];
    const agent = new Agent({
      connect: guardedConnector({
        allow: parseAllowList([]),
        timeoutMs: 500,
        dial: async (address) => {
          dialled.push(address);
          throw new Error('this test connects to nothing');
        },
      }),
    });
    const asked = (origin: string): Promise<unknown> =>
      agent.request({ origin, path: '/', method: 'GET' }).catch((error: Error) => error.name);
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:7f00:1]', '169.254.169.254', '10.0.0.1']) {
      for (const scheme of ['https', 'http']) {
        expect(await asked(`${scheme}://${host}:${canaries.port}`), host).toBe('BlockedAddress');
      }
    }
    expect(await asked('http://8.8.8.8')).toBe('BlockedAddress');
    expect(dialled).toEqual([]);
    expect(await asked('https://8.8.8.8')).toBe('Error');
    expect(dialled).toEqual(['8.8.8.8']);
    await agent.close();
    expect(await canaries.touched()).toBe(before);
  });
});
