/** Writes `openapi.yaml` from the schemas. `--check` only says whether it is up to date. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { describeContract } from '../src/http/document.ts';

const file = 'openapi.yaml';
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const wanted = `# Written by scripts/write-openapi.ts (npm run generate). Do not edit.\n${stringify(describeContract(version), { lineWidth: 120, aliasDuplicateObjects: false })}`;
const stale = !existsSync(file) || readFileSync(file, 'utf8') !== wanted;

if (stale && process.argv.includes('--check')) {
  console.error(`${file} is out of date. Run npm run generate.`);
  process.exitCode = 1;
} else if (stale) writeFileSync(file, wanted);
