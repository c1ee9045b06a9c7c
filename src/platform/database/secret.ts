import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Database } from './client.ts';
import { secrets } from './schema.ts';

const length = 32;

/** The secret that signs links to files: made by whoever asks first, and the same for every process on the database. */
export const loadLinkSecret = async (db: Database): Promise<Uint8Array> => {
  const name = 'file-links';
  await db
    .insert(secrets)
    .values({ name, value: randomBytes(length).toString('base64url') })
    .onConflictDoNothing();
  const [row] = await db.select().from(secrets).where(eq(secrets.name, name));
  const secret = Buffer.from(row?.value ?? '', 'base64url');
  if (secret.byteLength === length) return secret;
  throw new Error(
    `The row "${name}" of the table secrets is damaged: delete it to get a new one (links given out end).`,
  );
};
