import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbedded } from '../../src/platform/database/embedded/server.ts';

export interface BenchDatabase extends AsyncDisposable {
  readonly url: string;
  count(table: string): Promise<number>;
}

/** A server with the settings of the embedded one, fsync included, that gateways of any role can share. */
export const startDatabase = async (): Promise<BenchDatabase> => {
  const folder = await temporaryFolder();
  const complain = (fields: object, message: string): void => console.error(message, fields);
  const { poolConfig, stop } = await startEmbedded({
    dataDir: folder.path,
    log: { info: () => {}, warn: complain, error: complain },
  });
  const { user, password, host, port, database } = poolConfig;
  const url = `postgres://${user}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  return {
    url,
    count: async (table) => {
      const client = new pg.Client(url);
      await client.connect();
      const { rows } = await client
        .query<{ count: string }>(`select count(*) from ${table}`)
        .finally(() => client.end());
      return Number(rows[0]?.count);
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      await folder[Symbol.asyncDispose]();
    },
  };
};

export const temporaryFolder = async (): Promise<AsyncDisposable & { readonly path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'restage-bench-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};
