/**
 * Writes the lists of operations and providers, one file or folder each, so that adding one edits nothing by hand.
 * A bundler must see the imports, so they cannot be made at run time. `--check` only says whether they are up to date.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const header = '// Written by scripts/generate-index.ts (npm run generate). Do not edit.\n';

const wordOf = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The order of the documentation; others follow by name. */
const order = ['compose', 'relight', 'background', 'edit'];
const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);

const operationFiles = readdirSync('src/operations')
  .filter(
    (file) =>
      file.endsWith('.ts') &&
      readFileSync(`src/operations/${file}`, 'utf8').includes('export default defineOperation('),
  )
  .map((file) => file.slice(0, -3))
  .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));

const providerFolders = readdirSync('providers', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(`providers/${entry.name}/index.ts`))
  .map(({ name }) => name)
  // `local` stands last: it is the default of a machine where nothing else is set up.
  .sort((a, b) => Number(a === 'local') - Number(b === 'local') || (a < b ? -1 : 1));

const operations = `${header}import type { Operation } from './operation.ts';
${operationFiles.map((name) => `import ${wordOf(name)} from './${name}.ts';`).join('\n')}

/** Every operation, in the order of the documentation. */
export const operations: readonly Operation[] = [${operationFiles.map(wordOf).join(', ')}];
`;

const providers = `${header}import type { Provider } from '../src/provider.ts';
${providerFolders.map((name) => `import ${wordOf(name)} from './${name}/index.ts';`).join('\n')}

/** Every provider, in the order of the documentation. */
export const providers: readonly Provider[] = [${providerFolders.map(wordOf).join(', ')}];
`;

const targets = { 'src/operations/index.gen.ts': operations, 'providers/index.gen.ts': providers };
const stale = Object.entries(targets).filter(
  ([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text,
);

if (!process.argv.includes('--check')) for (const [file, text] of stale) writeFileSync(file, text);
else if (stale.length > 0) {
  console.error(`Out of date: ${stale.map(([file]) => file).join(', ')}. Run npm run generate.`);
  process.exitCode = 1;
}
