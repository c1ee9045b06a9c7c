import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '../config.ts';

/** Makes the folder and writes into it once, so that what is wrong with it is told at the start and by its name. */
export const ensureDataFolder = async (folder: string): Promise<void> => {
  const probe = join(folder, `.write-probe-${process.pid}`);
  try {
    await makeFolder(resolve(folder));
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`DATA_DIR: ${folder} cannot be written (${code}). Set DATA_DIR to a folder of your own.`, {
      cause: error,
    });
  }
};

/** Step by step: Node's recursive mkdir never returns below file systems such as /proc. */
const makeFolder = async (folder: string): Promise<void> => {
  const exists = await stat(folder).then(
    () => true,
    () => false,
  );
  if (exists) return;
  await makeFolder(dirname(folder));
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
};
