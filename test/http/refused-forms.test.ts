import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { headersOf, raw } from './support.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const manyParts = Array.from(
  { length: 70 },
  (_, at) => `--b\r\ncontent-disposition: form-data; name="f${at}"\r\n\r\nx\r\n`,
).join('');

it.each(['/v1/assets', '/v1/compose', '/v1/relight', '/v1/background'])(
  'a small form to %s that is refused before it has been read leaves the gateway alive',
  async (path) => {
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=b', 'multipart/form-data; boundary=']) {
      for (const body of ['aaaa', `${manyParts}--b--\r\n`, '--b\r\n\r\n\r\n', '']) {
        for (const more of [{}, { connection: 'close' }]) {
          const head = headersOf(gateway.url, path, { 'content-type': type, 'content-length': body.length, ...more });
          const { status } = await raw(gateway.url, [head, body], { quietMs: 60 });
          expect([400, 413, 422], `${type} ${body.slice(0, 20)}`).toContain(status);
          // The head alone, and nothing more.
          await raw(gateway.url, [head], { quietMs: 60, timeoutMs: 80 });
        }
      }
    }
    expect((await gateway.fetch('/healthz')).status).toBe(200);
  },
  60_000,
);
