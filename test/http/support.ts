import { readdir } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import sharp from 'sharp';
import { expect } from 'vitest';
import type { z } from 'zod';
import { problemSchema } from '../../src/http/problem.ts';
import type { JobView } from '../../src/operations/job.ts';
import { type TestGateway, tinyPng } from '../support/gateway.ts';

export type Problem = z.infer<typeof problemSchema>;

/** The cheapest request that a scripted backend takes. */
export const backgroundBody = { image: tinyPng, background: { color: 'red' } };

/** An answer that is a whole and right problem with this code. */
export const problemOf = async (response: Response, status: number, code: string): Promise<Problem> => {
  const text = await response.text();
  expect(response.status, text).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = problemSchema.strict().parse(JSON.parse(text));
  expect(problem).toMatchObject({ code, status });
  expect(problem.request_id).toBe(response.headers.get('x-request-id'));
  return problem;
};

/** Pointers and messages, without regard to their order. */
export const problemsAt = ({ errors = [] }: Problem): Record<string, string> =>
  Object.fromEntries(errors.map(({ pointer, message }) => [pointer, message]));

export const tinyBytes = (): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(tinyPng.slice(tinyPng.indexOf(',') + 1), 'base64'));

/** A picture that does not compress, so that its size is near `side * side * 3`. */
export const noisyPng = async (side: number): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(
    await sharp({
      create: {
        width: side,
        height: side,
        channels: 3,
        background: '#808080',
        noise: { type: 'gaussian', mean: 128, sigma: 60 },
      },
    })
      .png({ compressionLevel: 0 })
      .toBuffer(),
  );

export const plainPicture = async (
  type: 'png' | 'jpeg' | 'webp',
  { width = 40, height = 30, color = '#336699' } = {},
): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(
    await sharp({ create: { width, height, channels: 3, background: color } })
      .toFormat(type)
      .toBuffer(),
  );

export const dataUri = (bytes: Uint8Array, type = 'image/png'): string =>
  `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;

export const imageFile = (bytes: Uint8Array<ArrayBuffer>, name = 'photo.png'): File =>
  new File([bytes], name, { type: 'image/png' });

export const formOf = (fields: readonly (readonly [string, string | File])[]): FormData => {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return form;
};

export const sql = async <Row extends object>(
  { database }: Pick<TestGateway, 'database'>,
  statement: string,
  values: unknown[] = [],
): Promise<Row[]> => {
  const client = new pg.Client(database.url);
  await client.connect();
  return client
    .query(statement, values)
    .then(({ rows }) => rows as Row[])
    .finally(() => client.end());
};

/** What a request has left behind that no job has taken: rows and files of uploads; and all jobs and idempotency keys. */
export const kept = async (gateway: Pick<TestGateway, 'database' | 'dataDir'>): Promise<Record<string, number>> => {
  const [counts] = await sql<Record<string, number>>(
    gateway,
    `select (select count(*)::int from assets where job_id is null
        and not exists (select 1 from jobs where request::text like '%' || assets.id || '%')) as uploads,
      (select count(*)::int from jobs) as jobs, (select count(*)::int from idempotency_keys) as keys`,
  );
  const [named] = await sql<{ text: string | null }>(gateway, "select string_agg(request::text, '') as text from jobs");
  const folders = ['uploads', 'assets', 'direct'].map((folder) => join(gateway.dataDir, 'files', folder));
  const files = (await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))).flat();
  const unused = files.filter((file) => !named?.text?.includes(file.replace(/\..*$/, '')));
  return { ...counts, files: unused.length };
};

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

export interface RawAnswer {
  readonly text: string;
  readonly status: number;
  /** The server has ended the connection. */
  readonly closed: boolean;
  readonly ms: number;
  /** Written by us when the first of the answer came. */
  readonly sentBytes: number;
}

/** Writes to a socket what no HTTP client would send, and reads until the server closes or it has been quiet. */
export const raw = (
  url: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  { quietMs = 2_000, timeoutMs = 8_000 } = {},
): Promise<RawAnswer> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const started = performance.now();
    const socket = connect(Number(port), hostname);
    let text = '';
    let answeredAt = 0;
    let sentBytes = 0;
    let closed = false;
    let done = false;
    const finish = (): void => {
      if (done) return;
      done = true;
      clearTimeout(whole);
      clearTimeout(quiet);
      socket.destroy();
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text.replace(/^HTTP\/1\.1 100 [^\r]*\r\n\r\n/, ''))?.[1] ?? 0);
      resolve({ text, status, closed, ms: (answeredAt || performance.now()) - started, sentBytes });
    };
    const whole = setTimeout(finish, timeoutMs);
    let quiet: NodeJS.Timeout | undefined;
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      answeredAt ||= performance.now();
      clearTimeout(quiet);
      quiet = setTimeout(finish, quietMs);
    });
    socket.on('close', () => {
      closed = true;
      finish();
    });
    socket.on('error', () => {});
    socket.on('connect', async () => {
      for await (const piece of pieces) {
        if (done || socket.destroyed) return;
        if (answeredAt === 0) sentBytes += piece.length;
        if (!socket.write(piece)) await drained(socket);
      }
    });
  });

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle).off('close', settle);
      resolve();
    };
    socket.on('drain', settle).on('close', settle);
  });

export const headersOf = (url: string, path: string, headers: Record<string, string | number>): string =>
  `POST ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** The body that the gateway has understood, of an answer that made a job. */
export const understood = async (
  gateway: Pick<TestGateway, 'database'>,
  response: Response,
): Promise<Record<string, unknown>> => {
  expect(response.status, await response.clone().text()).toBe(202);
  const { id } = (await response.json()) as JobView;
  const [row] = await sql<{ request: { fields: Record<string, unknown> } }>(
    gateway,
    'select request from jobs where id = $1',
    [id],
  );
  return row?.request.fields ?? {};
};
