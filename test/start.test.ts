/** What an operator sees when the start cannot work: one message that names the setting, and nothing left running. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const start = async (environment: Record<string, string>): Promise<{ code: number; errors: string }> => {
  const child = spawn(process.execPath, ['src/node.ts'], {
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'warn', ...environment },
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdout.resume();
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  return { code, errors };
};

it('a port that is taken is named, and the database that was started is stopped', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = await mkdtemp(join(tmpdir(), 'restage-start-'));
  const { code, errors } = await start({ PORT: String((server.address() as AddressInfo).port), DATA_DIR: folder });
  server.close();
  expect(code).toBe(1);
  expect(errors).toMatch(/^restage: PORT: 127\.0\.0\.1:\d+ is taken\. Set PORT/);
  const running = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  expect(running).not.toContain(folder);
  await rm(folder, { recursive: true, force: true });
}, 30_000);

it('a data folder that cannot be made is named', async () => {
  const { code, errors } = await start({ PORT: '0', DATA_DIR: '/proc/nope/restage' });
  expect(code).toBe(1);
  expect(errors).toMatch(/^restage: DATA_DIR: \/proc\/nope\/restage cannot be written/);
}, 30_000);
