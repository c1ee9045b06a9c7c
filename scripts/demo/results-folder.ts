import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DemoError, reasonOf, UsageError } from './faults.ts';

/** The folder for what the demo leaves behind. */
export interface ResultsFolder {
  /** As the user would type it. */
  path(name: string): string;
  save(name: string, content: Uint8Array | string): Promise<string>;
}

/** Names the files that are ours, so that another run may overwrite them and nothing else. */
const listFile = 'demo-files.json';

/** Claims these names, relative to the folder. A file that is there already and not ours is left alone. */
export const openResultsFolder = async (folder: string, names: readonly string[]): Promise<ResultsFolder> => {
  const path = (name: string): string => join(folder, name);
  const listPath = join(folder, listFile);
  const owned = await ownedFiles(listPath);
  const foreign = await filter(names, async (name) => !owned.includes(name) && (await exists(path(name))));
  if (foreign.length > 0) {
    throw new UsageError(
      `${foreign.map(path).join(', ')} would be overwritten, and this demo did not write it. Move it away, or name another folder with --out.`,
    );
  }
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(listPath, `${JSON.stringify([...new Set([...owned, ...names])], null, 2)}\n`);
  } catch (error) {
    throw new UsageError(`--out: cannot write to "${folder}": ${reasonOf(error)}. Name another folder.`);
  }
  return {
    path,
    save: async (name, content) => {
      try {
        await writeFile(path(name), content);
        return path(name);
      } catch (error) {
        throw new DemoError(`Cannot write ${path(name)}: ${reasonOf(error)}.`);
      }
    },
  };
};

const ownedFiles = async (listPath: string): Promise<readonly string[]> => {
  try {
    const list: unknown = JSON.parse(await readFile(listPath, 'utf8'));
    return Array.isArray(list) ? list : [];
  } catch {
    // The first run here, or a list that says nothing: then nothing is ours.
    return [];
  }
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const filter = async <T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<T[]> => {
  const passed = await Promise.all(items.map(test));
  return items.filter((_, index) => passed[index]);
};
