import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  /** Also ends connections that a test has left open. */
  drop(): Promise<void>;
}

/** A database of its own, with our schema, for one test file. */
export const createTestDatabase = async (): Promise<TestDatabase> => {
  const name = `restage_test_${randomBytes(8).toString('hex')}`;
  await administer(`create database ${name} template ${inject('databaseTemplate')}`);
  const url = new URL(inject('databaseUrl'));
  url.pathname = name;
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) };
};

const administer = async (statement: string): Promise<void> => {
  const client = new pg.Client(inject('databaseUrl'));
  await client.connect();
  await client.query(statement).finally(() => client.end());
};
