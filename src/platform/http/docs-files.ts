import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const types = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
} as const;

/** The reference page's files out of the installed package; only these two. */
export const docsFile = async (name: string): Promise<{ body: Uint8Array; contentType: string } | null> => {
  if (!Object.hasOwn(types, name)) return null;
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return { body: await readFile(join(folder, name)), contentType: types[name as keyof typeof types] };
};
