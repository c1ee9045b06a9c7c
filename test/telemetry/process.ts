import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../http/support.ts';

export interface GatewayProcess {
  readonly url: string;
  /** Everything it has written so far. */
  output(): string;
  stop(): Promise<void>;
}

/** A gateway as an operator runs it: a process of its own, whose output can be read. */
export const startGatewayProcess = async (environment: Record<string, string>): Promise<GatewayProcess> => {
  const dataDir = environment.DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'restage-telemetry-')));
  const port = await freePort();
  const child = spawn(process.execPath, ['test/support/scripted/gateway.ts'], {
    env: { PATH: process.env.PATH, PORT: String(port), DATA_DIR: dataDir, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const url = `http://127.0.0.1:${port}`;
  await ready(child, environment.ROLE === 'worker' ? null : url, () => output);
  return {
    url,
    output: () => output,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      if (!environment.DATA_DIR) await rm(dataDir, { recursive: true, force: true });
    },
  };
};

const ready = async (child: ChildProcess, url: string | null, output: () => string): Promise<void> => {
  // A worker listens nowhere, and its log comes late: the tests wait for what it does.
  if (url === null) return;
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the gateway has ended: ${output()}`);
    const response = await fetch(`${url}/readyz`).catch(() => null);
    await response?.arrayBuffer();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the gateway is not ready: ${output()}`);
};
