import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './database.ts';
import type { LoopDelay } from './probe.ts';

/** `product` is what users start; `scripted` has the test provider that finishes at once in place of the real ones. */
const entries = { product: 'src/node.ts', scripted: 'test/support/scripted/gateway.ts' } as const;

interface GatewayOptions {
  readonly entry: keyof typeof entries;
  readonly environment?: Readonly<Record<string, string>>;
  /** One of its own, deleted at the end, unless it is given. */
  readonly dataDir?: string;
}

export interface BenchGateway extends AsyncDisposable {
  readonly url: string;
  /** From the start of the process until it said that it is ready. */
  readonly readyMs: number;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Runs the work and tells how the gateway's event loop fared meanwhile. */
  loopDelay<Result>(work: () => Promise<Result>): Promise<{ result: Result; delay: LoopDelay }>;
  residentBytes(): Promise<number>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const probe = new URL('./probe.ts', import.meta.url).href;
const patienceMs = 60_000;

/** A gateway as its own process, with the settings of production; its log goes to nowhere. */
export const startGateway = async (options: GatewayOptions): Promise<BenchGateway> => {
  const folder = options.dataDir ? undefined : await temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', probe, ...extraFlags(), entries[options.entry]], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      DATA_DIR: options.dataDir ?? folder?.path,
      ...options.environment,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await folder?.[Symbol.asyncDispose]();
  };
  try {
    await untilReady(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  const readyMs = performance.now() - began;
  return {
    url,
    readyMs,
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    loopDelay: async (work) => {
      child.send('begin');
      const result = await work();
      child.send('end');
      const [delay] = (await once(child, 'message')) as [LoopDelay];
      return { result, delay };
    },
    residentBytes: () => residentBytes(child.pid ?? 0),
    [Symbol.asyncDispose]: stop,
  };
};

/** For profiles: `BENCH_GATEWAY_FLAGS="--cpu-prof --cpu-prof-dir=/tmp/profiles"`. */
const extraFlags = (): string[] => (process.env.BENCH_GATEWAY_FLAGS ?? '').split(' ').filter((flag) => flag !== '');

const untilReady = async (url: string, child: ChildProcess): Promise<void> => {
  for (const end = performance.now() + patienceMs; performance.now() < end; await sleep(5)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('the gateway ended instead of starting');
    const response = await fetch(`${url}/readyz`).catch(() => null);
    await response?.arrayBuffer();
    if (response?.status === 200) return;
  }
  throw new Error(`the gateway was not ready within ${patienceMs / 1_000} s`);
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  return address.port;
};

const residentBytes = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
};
