import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The made-up provider service of the tests, as a process of its own: it finishes all work at once. */
export const startScripted = async (): Promise<AsyncDisposable & { readonly url: string }> => {
  const file = fileURLToPath(new URL('../../test/emulators/scripted-server.ts', import.meta.url));
  const child = fork(file, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  if (!child.stdout) throw new Error('the scripted server has no output');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    url: line.toString().trim(),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
};
