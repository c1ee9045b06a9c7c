import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './database.ts';

/** What the intake is measured against: a server that does nothing but copy a body into a file and sync it. */
export const startBareCopy = async (): Promise<AsyncDisposable & { readonly url: string }> => {
  const folder = await temporaryFolder();
  const child = fork(fileURLToPath(new URL('../load/bare-copy.ts', import.meta.url)), [folder.path]);
  const [port] = (await once(child, 'message')) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, 'exit');
      await folder[Symbol.asyncDispose]();
    },
  };
};
