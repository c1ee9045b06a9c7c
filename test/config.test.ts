import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, parseGatewayConfig, parseSettings } from '../src/config.ts';
import type { Provider } from '../src/provider.ts';
import { setUpRouting } from '../src/routing/set-up.ts';
import { scriptedProvider, scriptedProviders } from './support/scripted/provider.ts';

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('it was taken');
};

describe('settings', () => {
  it('are all there when nothing is set, as the contract says', () => {
    expect(parseSettings({})).toEqual({
      PORT: 8787,
      HOST: '127.0.0.1',
      DATA_DIR: '.restage',
      ROLE: 'all',
      API_KEYS: [],
      ADMIN_KEYS: [],
      ALLOW_ANONYMOUS: false,
      GATEWAY_CONFIG: 'gateway.yaml',
      CORS_ORIGINS: [],
      RETENTION_DAYS: 30,
      ALLOW_FETCH_FROM: [],
      LOG_LEVEL: 'info',
      S3_READ_BUCKETS: [],
    });
  });

  it('an empty variable is one that is not set', () => {
    expect(parseSettings({ PORT: '', HOST: ' ', DATABASE_URL: '', ROLE: '', API_KEYS: '' })).toEqual(parseSettings({}));
  });

  it('are read as they are meant', () => {
    expect(
      parseSettings({
        PORT: '0',
        PUBLIC_URL: 'https://api.example.com/gw/',
        API_KEYS: ' north:key:with:colons , south:another-key',
        ALLOW_ANONYMOUS: 'true',
        CORS_ORIGINS: 'https://a.example, http://localhost:5173',
        ALLOW_FETCH_FROM: '10.0.0.0/8, images.internal',
      }),
    ).toMatchObject({
      PORT: 0,
      PUBLIC_URL: 'https://api.example.com/gw',
      ALLOW_ANONYMOUS: true,
      API_KEYS: [
        { account: 'north', key: 'key:with:colons' },
        { account: 'south', key: 'another-key' },
      ],
      CORS_ORIGINS: ['https://a.example', 'http://localhost:5173'],
      ALLOW_FETCH_FROM: ['10.0.0.0/8', 'images.internal'],
    });
  });

  it.each<[string, Record<string, string>]>([
    ['PORT', { PORT: 'http' }],
    ['PORT', { PORT: '70000' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'api.example.com' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'ftp://example.com' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost/x' }],
    ['ROLE', { ROLE: 'web' }],
    ['API_KEYS', { API_KEYS: 'just-a-key-without-a-name' }],
    ['API_KEYS', { API_KEYS: 'north:short' }],
    ['API_KEYS', { API_KEYS: ':key-without-name' }],
    ['API_KEYS', { API_KEYS: 'no spaces:key-0123456789' }],
    ['API_KEYS', { API_KEYS: 'north:same-key-012345,south:same-key-012345' }],
    ['ADMIN_KEYS', { ADMIN_KEYS: 'ops' }],
    ['ALLOW_ANONYMOUS', { ALLOW_ANONYMOUS: 'yes please' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: '*' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://app.example.com/' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'app.example.com' }],
    ['RETENTION_DAYS', { RETENTION_DAYS: '0' }],
    ['ALLOW_FETCH_FROM', { ALLOW_FETCH_FROM: 'http://images.internal' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'verbose' }],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }],
    ['S3_PREFIX', { S3_PREFIX: '/x', S3_BUCKET: 'pictures', AWS_REGION: 'eu-central-1' }],
    ['AWS_REGION', { S3_BUCKET: 'pictures' }],
    ['S3_BUCKET', { S3_ENDPOINT: 'http://localhost:9000' }],
    ['S3_BUCKET', { S3_PREFIX: 'restage' }],
    ['S3_BUCKET', { S3_PUBLIC_URL: 'https://cdn.example.com' }],
    ['DATABASE_URL', { ROLE: 'api' }],
    ['DATABASE_URL', { ROLE: 'worker' }],
  ])('%s: the message begins with its name (%j)', (name, environment) => {
    const message = messageOf(() => parseSettings(environment));
    expect(message).toMatch(new RegExp(`^${name}: .{10}`));
    expect(message.split('\n')).toHaveLength(1);
  });

  it('all wrong ones are named at once, and secrets in them are not repeated', () => {
    const message = messageOf(() =>
      parseSettings({ PORT: 'x', ROLE: 'x', DATABASE_URL: 'mysql://user:canary@localhost', API_KEYS: 'north:canary' }),
    );
    expect(
      message
        .split('\n')
        .map((line) => line.split(':')[0])
        .sort(),
    ).toEqual(['API_KEYS', 'DATABASE_URL', 'PORT', 'ROLE']);
    expect(message).not.toContain('canary');
  });

  it("S3_ENDPOINT may stand alone where callers' buckets are read", () => {
    expect(parseSettings({ S3_ENDPOINT: 'http://localhost:9000', S3_READ_BUCKETS: 'theirs' }).S3_READ_BUCKETS).toEqual([
      'theirs',
    ]);
  });
});

describe('gateway.yaml', () => {
  it('may be empty, and has its defaults', () => {
    for (const value of [null, undefined, {}])
      expect(parseGatewayConfig(value, 'gateway.yaml')).toEqual({
        backends: {},
        routes: {},
        providers: {},
        limits: { max_image_bytes: 52_428_800, max_image_pixels: 50_000_000 },
      });
    expect(parseGatewayConfig({ limits: { max_image_bytes: 4_096 } }, 'x').limits).toEqual({
      max_image_bytes: 4_096,
      max_image_pixels: 50_000_000,
    });
  });

  it.each<[string, unknown]>([
    ['my.yaml: the file: ', 'text'],
    ['my.yaml: the file: ', { rotes: {} }],
    ['my.yaml: routes.compose: ', { routes: { compose: { use: ['a'], uses: 1 } } }],
    ['my.yaml: routes.compose.use: ', { routes: { compose: { use: [] } } }],
    ['my.yaml: backends.Big: ', { backends: { Big: { provider: 'scripted' } } }],
    ['my.yaml: backends.a.provider: ', { backends: { a: {} } }],
    ['my.yaml: limits.max_image_bytes: ', { limits: { max_image_bytes: 5 } }],
    ['my.yaml: providers.kie.concurrency: ', { providers: { kie: { concurrency: 0 } } }],
  ])('%s…', (beginning, value) => {
    expect(messageOf(() => parseGatewayConfig(value, 'my.yaml')).startsWith(beginning)).toBe(true);
  });
});

describe('which backends are on', () => {
  const on = { SCRIPTED_URL: 'http://localhost:1' };
  const pair = (): Provider => ({
    ...scriptedProvider('pair', 'lookup'),
    environment: ['PAIR_URL', 'PAIR_KEY'],
    settings: z.object({ PAIR_URL: z.url(), PAIR_KEY: z.string().min(8), region: z.string().optional() }),
  });
  const setUp = (
    config: unknown,
    environment: Record<string, string> = on,
    providers = [...scriptedProviders, pair()],
  ) => setUpRouting(providers, environment, parseGatewayConfig(config, 'gateway.yaml'));

  it("those whose settings are there, and the operator's own of them", () => {
    const routing = setUp({
      backends: { dear: { provider: 'scripted', options: { price: 2 } } },
      providers: { scripted: { concurrency: 3 } },
    });
    expect(routing.backends.map(({ name, concurrency }) => `${name} ${concurrency}`)).toEqual([
      'scripted 3',
      'scripted-lookup 8',
      'scripted-idempotent 8',
      'dear 3',
    ]);
    expect(setUp({}, {}).backends).toEqual([]);
    expect(
      setUp({}, { PAIR_URL: 'http://localhost:2', PAIR_KEY: '12345678' }).backends.map(({ name }) => name),
    ).toEqual(['pair']);
  });

  it('a half-set provider stops the start, and names what is missing, not what is there', () => {
    const message = messageOf(() => setUp({}, { PAIR_KEY: 'canary-12345678' }));
    expect(message).toContain('pair');
    expect(message).toContain('PAIR_URL');
    expect(message).not.toContain('canary');
    expect(messageOf(() => setUp({}, { PAIR_URL: 'http://localhost:2', PAIR_KEY: ' ' }))).toContain('PAIR_KEY');
    expect(messageOf(() => setUp({}, { PAIR_URL: 'no url', PAIR_KEY: '12345678' }))).toContain('PAIR_URL');
  });

  it.each<[string, unknown, string[]]>([
    [
      'a backend of a provider that is off',
      { backends: { a: { provider: 'pair' } } },
      ['backends.a', '"pair"', 'scripted'],
    ],
    [
      'a backend with wrong options',
      { backends: { a: { provider: 'scripted', options: { stages: 9, colour: 1 } } } },
      ['backends.a.options.stages', 'colour'],
    ],
    [
      'a route to nobody',
      { routes: { compose: { use: ['scripted', 'nobody'] } } },
      ['routes.compose.use', '"nobody"', 'scripted-lookup'],
    ],
    ['a route for what nobody does', { routes: { juggle: { use: ['scripted'] } } }, ['routes.juggle']],
    [
      'a part for a provider that is off',
      { providers: { pair: { region: 'x' } } },
      ['providers.pair', 'PAIR_URL', 'PAIR_KEY'],
    ],
    ['a part for a provider that does not exist', { providers: { keye: {} } }, ['providers.keye']],
  ])('%s stops the start, and says where and what there is', (_, config, words) => {
    const message = messageOf(() => setUp(config));
    for (const word of words) expect(message).toContain(word);
  });

  it('a route to a backend that cannot do it', () => {
    const { compose, ...others } = pair().manifest.operations;
    const half = { ...pair(), manifest: { ...pair().manifest, operations: others } };
    const message = messageOf(() =>
      setUp(
        { routes: { compose: { use: ['pair'] } } },
        { ...on, PAIR_URL: 'http://localhost:2', PAIR_KEY: '12345678' },
        [...scriptedProviders, half],
      ),
    );
    expect(compose).toBeDefined();
    expect(message).toContain('routes.compose.use: pair does not do compose');
    expect(message).toContain('scripted');
  });
});
