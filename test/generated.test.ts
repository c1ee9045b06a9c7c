import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { describeContract } from '../src/http/document.ts';
import { operations } from '../src/operations/index.gen.ts';

it('openapi.yaml is what the schemas say; npm run generate writes it', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const wanted = stringify(describeContract(version), { lineWidth: 120, aliasDuplicateObjects: false });
  expect(readFileSync('openapi.yaml', 'utf8').split('\n').slice(1).join('\n')).toBe(wanted);
});

it('the lists of operations and providers name every file and folder', () => {
  execFileSync('node', ['scripts/generate-index.ts', '--check']);
});

it('every operation has its route, its body and its examples in the contract', () => {
  const { paths } = describeContract('0');
  for (const { name, examples } of operations) {
    const body = paths?.[`/v1/${name}`]?.post?.requestBody;
    expect(body).toMatchObject({ required: true, content: { 'application/json': {}, 'multipart/form-data': {} } });
    expect(JSON.stringify(body)).toContain(JSON.stringify(examples[0]?.body));
  }
});
