import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { JobView } from '../../src/operations/job.ts';
import { type ScriptedServer, startScriptedServer } from '../emulators/scripted-server.ts';
import { formOf, freePort, headersOf, imageFile, noisyPng, raw, tinyBytes } from '../http/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { tinyPng } from '../support/gateway.ts';
import { type GatewayProcess, startGatewayProcess } from './process.ts';

const canary = (name: string): string => `canary${name}${randomBytes(9).toString('hex')}`;
const secrets = {
  apiKey: canary('ApiKey'),
  otherKey: canary('OtherKey'),
  adminKey: canary('AdminKey'),
  wrongBearer: canary('WrongBearer'),
  wrongHeader: canary('WrongHeader'),
  basic: canary('Basic'),
  cookie: canary('Cookie'),
  query: canary('Query'),
  urlSignature: canary('UrlSignature'),
  urlPassword: canary('UrlPassword'),
  prompt: canary('Prompt'),
  light: canary('Light'),
  brokenJson: canary('BrokenJson'),
  invalidValue: canary('InvalidValue'),
  formText: canary('FormText'),
  fileName: canary('FileName'),
  metadata: canary('Metadata'),
  user: canary('User'),
  databasePassword: canary('Database'),
  s3Secret: canary('S3Secret'),
  s3Token: canary('S3Token'),
  dataUri: canary('DataUri'),
  badDataUri: canary('BadDataUri'),
  bucketKey: canary('BucketKey'),
};
/** Found out only while it runs: signatures of links, and what the pictures are in base64. */
const more: Record<string, string> = {};

let database: TestDatabase;
let upstream: ScriptedServer;
let gateway: GatewayProcess;
const role = `canary_${randomBytes(4).toString('hex')}`;
const problems: string[] = [];

const administer = async (statement: string): Promise<void> => {
  const client = new pg.Client(inject('databaseUrl'));
  await client.connect();
  await client.query(statement).finally(() => client.end());
};

beforeAll(async () => {
  [database, upstream] = await Promise.all([createTestDatabase(), startScriptedServer()]);
  await administer(`create role ${role} superuser login password '${secrets.databasePassword}'`);
  const url = new URL(database.url);
  url.username = role;
  url.password = secrets.databasePassword;
  gateway = await startGatewayProcess({
    LOG_LEVEL: 'trace',
    DATABASE_URL: url.href,
    SCRIPTED_URL: upstream.url,
    API_KEYS: `north:${secrets.apiKey},south:${secrets.otherKey}`,
    ADMIN_KEYS: `ops:${secrets.adminKey}`,
    S3_READ_BUCKETS: 'pictures',
    S3_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: secrets.s3Secret,
    AWS_SESSION_TOKEN: secrets.s3Token,
  });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.close();
  await database?.drop();
  await administer(`drop role if exists ${role}`);
});

const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
  const headers = { authorization: `Bearer ${secrets.apiKey}`, ...(init.headers as Record<string, string>) };
  const response = await fetch(path.startsWith('http') ? path : `${gateway.url}${path}`, { ...init, headers });
  const text = await response.text();
  if (!response.ok) problems.push(text);
  return text;
};
const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<string> =>
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const ended = async (text: string): Promise<JobView> => {
  const { id } = JSON.parse(text) as JobView;
  for (;;) {
    const job = JSON.parse(await ask(`/v1/jobs/${id}`)) as JobView;
    if (job.finished_at) return job;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
const lines = (): { level: string; msg: string; request?: string; job?: string }[] =>
  gateway
    .output()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** A caller's mistakes and a provider's faults are no errors of the gateway; an unknown outcome is for its operator. */
const faults = () =>
  lines().filter(({ level, msg }) => (level === 'error' || level === 'fatal') && !msg.startsWith('outcome unknown'));

/** Requests of every kind, good and bad, with a secret in each place that can hold one. */
const exercise = async (): Promise<void> => {
  const words = {
    image: tinyPng,
    background: { prompt: secrets.prompt },
    light: { prompt: secrets.light },
    user: secrets.user,
    metadata: { note: secrets.metadata },
  };
  const background = '/v1/background?provider=scripted';
  const options = (faults: string[]) => ({ options: { scripted: { faults, read_inputs: true } } });
  const good = await ended(await post(background, { ...words, ...options([]) }));
  const link = good.outputs[0]?.url ?? '';
  more.resultSignature = new URL(link).searchParams.get('signature') ?? '';
  await (await fetch(link)).arrayBuffer();
  await ask(`${link}x`);
  for (const faults of [
    ['reject'],
    ['moderate_input'],
    ['fail'],
    ['drop_after'],
    ['garbage'],
    ['check_500:1'],
    ['result_html:1'],
  ])
    await ended(await post(background, { ...words, ...options(faults) }));

  const signed = `https://127.0.0.1/p.png?X-Amz-Signature=${secrets.urlSignature}`;
  const fetched = signed.replace('127.0.0.1', 'nowhere.invalid');
  const refused = [
    signed,
    `https://user:${secrets.urlPassword}@example.com/a.png`,
    `s3://pictures/${secrets.bucketKey}.png`,
  ];
  for (const image of [fetched, ...refused]) await post('/v1/assets', { url: image });
  for (const image of refused) await post(background, { ...words, image });
  await ended(await post(background, { ...words, image: fetched, deadline_s: 3 }));

  await post('/v1/background', `{"background": {"prompt": "${secrets.brokenJson}"} ${secrets.brokenJson}`);
  await post('/v1/background', {
    ...words,
    seed: secrets.invalidValue,
    aspect_ratio: secrets.invalidValue,
    count: secrets.invalidValue,
  });
  await post('/v1/background', { ...words, options: { scripted: { stages: secrets.invalidValue } } });
  more.dataUri = Buffer.from(secrets.dataUri.repeat(3)).toString('base64').slice(8, 60);
  const inline = Buffer.concat([tinyBytes(), Buffer.from(secrets.dataUri.repeat(3))]).toString('base64');
  await ended(await post(background, { ...words, image: `data:image/png;base64,${inline}` }));
  await post('/v1/background', { ...words, image: `data:image/png;base64,%%${secrets.badDataUri}` });
  await post('/v1/background', {
    ...words,
    image: `data:image/png;base64,${Buffer.from(secrets.badDataUri).toString('base64')}`,
  });
  more.badDataUri = Buffer.from(secrets.badDataUri).toString('base64').slice(0, 30);

  const form = (file: Uint8Array<ArrayBuffer>, prompt: string) =>
    ask('/v1/background', {
      method: 'POST',
      body: formOf([
        ['image', imageFile(file, `${secrets.fileName}.png`)],
        ['background.prompt', prompt],
      ]),
    });
  await form(tinyBytes(), secrets.formText);
  await form(new Uint8Array(Buffer.from(secrets.formText)), secrets.formText);
  await form(tinyBytes(), secrets.formText.repeat(5_000));

  await ask('/v1/jobs', {
    headers: { authorization: `Bearer ${secrets.wrongBearer}`, cookie: `session=${secrets.cookie}` },
  });
  await ask('/v1/jobs', { headers: { authorization: `Basic ${secrets.basic}`, 'x-api-key': secrets.wrongHeader } });
  await ask('/metrics', { headers: { authorization: `Bearer ${secrets.wrongBearer}` } });
  await ask(`/nothing/here?token=${secrets.query}`);
  await ask(`/v1/jobs?token=${secrets.query}`, { headers: { authorization: `Bearer ${secrets.otherKey}` } });
  await ask(`/files/uploads/a.png?expires=99999999999&signature=${secrets.query}`);
  const presigned = JSON.parse(await post('/v1/assets/presign', { content_type: 'image/png', bytes: 3 })) as {
    url: string;
    asset_id: string;
  };
  more.uploadSignature = new URL(presigned.url).searchParams.get('signature') ?? '';
  await ask(presigned.url, { method: 'PUT', headers: { 'content-type': 'image/png' }, body: 'abc' });
  await ask(`/v1/assets/${presigned.asset_id}`);
};

const leaks = (text: string): string[] =>
  Object.entries({ ...secrets, ...more, tinyPng: tinyPng.slice(30, 90) })
    .filter(([, secret]) => text.includes(secret) || text.includes(encodeURIComponent(secret)))
    .map(([name]) => name);

describe('at LOG_LEVEL=trace, through requests that work and requests that fail', () => {
  it('no secret, no picture and nothing of what callers write is in log, problems or metrics', async () => {
    await exercise();
    const metrics = await ask('/metrics', { headers: { authorization: `Bearer ${secrets.adminKey}` } });
    expect(metrics).toContain('restage_job_seconds_count');
    expect(problems.length).toBeGreaterThan(15);
    await expect
      .poll(() => lines().filter(({ msg }) => msg === 'request').length, { timeout: 5_000 })
      .toBeGreaterThan(20);
    expect(Object.keys({ ...secrets, ...more }).length).toBeGreaterThanOrEqual(20);
    for (const [name, value] of Object.entries(more)) expect(value.length, name).toBeGreaterThan(20);
    expect(leaks(gateway.output())).toEqual([]);
    expect(leaks(problems.join('\n'))).toEqual([]);
    expect(leaks(metrics)).toEqual([]);
    expect(faults()).toEqual([]);
  }, 60_000);

  it('each line is JSON with level and time; requests and jobs can be followed by their ids', async () => {
    const response = await fetch(`${gateway.url}/v1/background`, {
      method: 'POST',
      headers: { 'x-api-key': secrets.apiKey, 'content-type': 'application/json', 'x-request-id': 'follow-me-1' },
      body: JSON.stringify({ image: tinyPng, background: { color: 'red' } }),
    });
    const { id } = await ended(await response.text());
    // Lines are written when some have gathered.
    await Promise.all(Array.from({ length: 60 }, () => ask('/v1/operations')));
    await expect
      .poll(() => lines().find(({ request }) => request === 'follow-me-1'), { timeout: 5_000 })
      .toMatchObject({
        level: 'info',
        msg: 'request',
        method: 'POST',
        route: '/v1/background',
        status: 202,
        account: 'north',
        ms: expect.any(Number),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      });
    expect(lines().find(({ job, msg }) => job === id && msg === 'job ended')).toMatchObject({
      status: 'succeeded',
      backend: 'scripted',
    });
  });

  it('a caller who leaves in the middle of a body is no error of ours', async () => {
    const boundary = 'limes';
    const large = await noisyPng(250);
    async function* half(kind: string, begin: string | Uint8Array): AsyncGenerator<string | Uint8Array> {
      yield headersOf(gateway.url, '/v1/background', {
        authorization: `Bearer ${secrets.apiKey}`,
        'content-type': kind,
        'content-length': 3_000_000,
      });
      yield begin;
      if (kind.startsWith('multipart')) yield large;
    }
    const part = `--${boundary}\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n`;
    await raw(gateway.url, half(`multipart/form-data; boundary=${boundary}`, part), { timeoutMs: 300 });
    await raw(gateway.url, half('application/json', '{"image": "'), { timeoutMs: 300 });
    await Promise.all(Array.from({ length: 60 }, () => ask('/v1/operations')));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(faults()).toEqual([]);
  });

  it('nor when the database goes away in the middle: no password, no statement with what a caller wrote', async () => {
    const sent = Array.from({ length: 40 }, (_, index) =>
      post('/v1/background?provider=scripted', {
        image: tinyPng,
        background: { prompt: secrets.prompt },
        seed: index,
        metadata: { note: secrets.metadata },
      }),
    );
    await administer(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`);
    await Promise.allSettled(sent);
    await administer(`alter role ${role} nologin`);
    await administer(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`);
    await Promise.allSettled(
      Array.from({ length: 5 }, () =>
        post('/v1/background', { image: tinyPng, background: { prompt: secrets.prompt } }),
      ),
    );
    await ask('/v1/jobs');
    await administer(`alter role ${role} login`);
    expect(problems.some((problem) => /"code":"(overloaded|internal)"/.test(problem))).toBe(true);
    await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status, { timeout: 15_000 }).toBe(200);
    await Promise.all(Array.from({ length: 60 }, () => ask('/v1/operations')));
    expect(leaks(gateway.output())).toEqual([]);
    expect(leaks(problems.join('\n'))).toEqual([]);
  });
});
