import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../src/platform/database/client.ts';
import { loadLinkSecret } from '../../../src/platform/database/secret.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
let opened: OpenDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  opened = openDatabase({ connectionString: database.url }, () => {});
});
afterAll(async () => {
  await opened.close();
  await database.drop();
});

test('the secret of links is made once, however many ask, and a damaged one is said to be', async () => {
  const secrets = await Promise.all(Array.from({ length: 20 }, () => loadLinkSecret(opened.db)));
  expect(new Set(secrets.map((each) => Buffer.from(each).toString('hex'))).size).toBe(1);
  expect(secrets[0]?.byteLength).toBe(32);
  await opened.pool.query("update secrets set value = 'short'");
  await expect(loadLinkSecret(opened.db)).rejects.toThrow('delete it to get a new one');
});
