import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const root = new URL('../../', import.meta.url).pathname;

export interface KillableProcess {
  readonly child: ChildProcess;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** A gateway of the scripted providers as its own process. Resolves when it is ready. */
export const spawnGateway = async (environment: Record<string, string>): Promise<KillableProcess> => {
  const child = spawn(process.execPath, ['test/support/scripted/gateway.ts'], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => (output = (output + chunk).slice(-4_000)));
  const exited = once(child, 'exit');
  const ready = new Promise<void>((resolve) => {
    child.stdout?.on('data', () => output.includes('"msg":"ready"') && resolve());
  });
  await Promise.race([
    ready,
    exited.then(([code]) => Promise.reject(new Error(`the gateway ended with ${code}: ${output}`))),
  ]);
  return {
    child,
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await exited;
    },
  };
};

export const freePort = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return String(port);
};
