import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const length = 32;
const fileName = 'signing-secret';

const read = async (path: string): Promise<Uint8Array | null> => {
  try {
    const secret = await readFile(path);
    if (secret.byteLength === length) return secret;
    throw new Error(`${path} should hold ${length} bytes: delete it to get a new one (links given out then end).`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

/**
 * The secret that signs links, made at the first call and shared by every process on the folder. It appears whole or
 * not at all: it is written aside and then linked to its name, which succeeds for one process only.
 */
export const loadSecret = async (directory: string): Promise<Uint8Array> => {
  const path = join(directory, fileName);
  const existing = await read(path);
  if (existing !== null) return existing;
  await mkdir(directory, { recursive: true });
  const aside = `${path}.${randomBytes(8).toString('hex')}`;
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(randomBytes(length));
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(aside);
  }
  const secret = await read(path);
  if (secret === null) throw new Error(`${path} was removed while it was made.`);
  return secret;
};
