import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../src/operations/index.gen.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { problemOf } from './support.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ config: { backends: { dear: { provider: 'scripted', options: { price: 2 } } } } });
});
afterAll(() => gateway.stop());

const read = async (path: string) => (await (await gateway.fetch(path)).json()) as Record<string, never>;

describe('what the gateway says about itself', () => {
  it('/v1/operations: every operation with its images, examples and schema', async () => {
    const { object, data, next_cursor } = (await read('/v1/operations')) as unknown as {
      object: string;
      next_cursor: null;
      data: {
        name: string;
        images: { field: string; required: boolean }[];
        examples: { body: object }[];
        schema: { required: string[]; properties: object; additionalProperties: boolean };
      }[];
    };
    expect([object, next_cursor]).toEqual(['list', null]);
    expect(data.map(({ name }) => name)).toEqual(operations.map(({ name }) => name));
    for (const operation of data) {
      expect(operation.schema.additionalProperties).toBe(false);
      for (const { field, required } of operation.images)
        if (required) expect(operation.schema.required).toContain(field.split('.')[0]);
      expect(Object.keys(operation.schema.properties)).toEqual(
        expect.arrayContaining(['seed', 'count', 'options', 'strict']),
      );
    }
  });

  it('the examples it gives are requests it takes', async () => {
    for (const { name, examples } of operations)
      for (const { body, summary } of examples) {
        const response = await gateway.post(`/v1/${name}?dry_run=true&provider=scripted`, body);
        expect(response.status, `${name}: ${summary}`).toBe(200);
        await response.arrayBuffer();
      }
  });

  it('/v1/providers: every backend with what it can do, and no setting', async () => {
    const text = await (await gateway.fetch('/v1/providers')).text();
    const { data } = JSON.parse(text) as {
      data: { name: string; provider: string; operations: Record<string, object>; options: object }[];
    };
    expect(data.map(({ name, provider }) => `${name}:${provider}`)).toEqual([
      'scripted:scripted',
      'scripted-lookup:scripted-lookup',
      'scripted-idempotent:scripted-idempotent',
      'dear:scripted',
    ]);
    expect(data[0]?.operations.background).toMatchObject({
      images: { image: 1 },
      expected_s: 1,
      max_s: 120,
      max_input_side: 1_024,
    });
    expect(data[0]?.options).toMatchObject({ type: 'object', additionalProperties: false });
    expect(text).not.toContain(gateway.upstream.url);
  });

  it('/openapi.json: every reference in it leads somewhere', async () => {
    const response = await gateway.fetch('/openapi.json');
    const text = await response.text();
    const document = JSON.parse(text) as Record<string, unknown>;
    expect(document.openapi).toBe('3.1.0');
    for (const [, pointer] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = (pointer ?? '')
        .split('/')
        .reduce<unknown>((each, key) => (each as Record<string, unknown>)?.[key], document);
      expect(found, pointer).toBeDefined();
    }
  });
});

describe('health', () => {
  it('is alive and ready, by its parts', async () => {
    expect(await read('/healthz')).toEqual({ status: 'alive' });
    expect(await read('/readyz')).toEqual({
      status: 'ready',
      checks: { database: 'ok', storage: 'ok', temporary_files: 'ok' },
    });
  });

  it('/readyz is 503 and says why when the database is away; /healthz stays 200', async () => {
    const lonely = await startTestGateway();
    try {
      await lonely.database.drop();
      const ready = await lonely.fetch('/readyz');
      expect(ready.status).toBe(503);
      expect(ready.headers.get('retry-after')).toBe('1');
      expect(await ready.json()).toMatchObject({
        status: 'not ready',
        checks: { database: 'unavailable', storage: 'ok', temporary_files: 'ok' },
      });
      expect((await lonely.fetch('/healthz')).status).toBe(200);
    } finally {
      await lonely.stop();
    }
  });

  it('a page of the docs that is not one of the two is 404', async () => {
    for (const name of ['index.html', 'package.json', '..%2fpackage.json', 'swagger-ui.js', 'constructor'])
      await problemOf(await gateway.fetch(`/docs/${name}`), 404, 'not_found');
  });
});
