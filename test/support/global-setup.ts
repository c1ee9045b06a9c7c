import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { endPostmaster, findPostmaster } from '../../src/platform/database/embedded/postmaster.ts';
import { startEmbedded } from '../../src/platform/database/embedded/server.ts';
import { prepareDatabase } from '../../src/platform/database/prepare.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's URL of the server that all tests of this run share. */
    databaseUrl: string;
    /** A database with our schema, from which `createTestDatabase` clones. */
    databaseTemplate: string;
  }
}

const folderMark = 'restage-test-database-';

/** One server for the whole run: an embedded one, or the stock one that TEST_DATABASE_URL names. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = process.env.TEST_DATABASE_URL
    ? { url: process.env.TEST_DATABASE_URL, stop: async () => {} }
    : await startTemporaryServer();
  try {
    // Several runs may share a stock server.
    const template = `restage_template_${randomBytes(6).toString('hex')}`;
    const dropTemplate = await makeTemplate(server.url, template);
    project.provide('databaseUrl', server.url);
    project.provide('databaseTemplate', template);
    return async () => {
      await dropTemplate();
      await server.stop();
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

const startTemporaryServer = async (): Promise<{ url: string; stop(): Promise<void> }> => {
  await removeLeftovers();
  const dataDir = await mkdtemp(join(tmpdir(), `${folderMark}${process.pid}-`));
  const removeFolder = () => rm(dataDir, { recursive: true, force: true });
  try {
    const complain = (fields: object, message: string) => console.error(message, fields);
    const log = { info: () => {}, warn: complain, error: complain };
    const { poolConfig, stop } = await startEmbedded({ dataDir, log });
    const { user, password, host, port } = poolConfig;
    const url = `postgres://${user}:${password}@localhost:${port}/postgres?host=${encodeURIComponent(host)}`;
    return { url, stop: () => stop().finally(removeFolder) };
  } catch (error) {
    await removeFolder();
    throw error;
  }
};

const makeTemplate = async (url: string, template: string): Promise<() => Promise<void>> => {
  const administer = async (statement: string) => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  const drop = () => administer(`drop database if exists ${template} with (force)`);
  await administer(`create database ${template} template template0 encoding 'UTF8' locale 'C'`);
  try {
    const templateUrl = new URL(url);
    templateUrl.pathname = template;
    await prepareDatabase(templateUrl.href);
    return drop;
  } catch (error) {
    await drop();
    throw error;
  }
};

/** A run that was killed could not clean up; the next one does it. */
const removeLeftovers = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.split(folderMark)[1]?.split('-')[0]);
    if (!pid || isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    for (const cluster of await readdir(folder).catch(() => [])) {
      const data = join(folder, cluster, 'cluster');
      const running = await findPostmaster(data);
      if (running) await endPostmaster(running.pid, data, 0);
    }
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // That of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
