/**
 * Loaded into the demo's gateway before its own code: the gateway stops when the demo lets go of the channel between
 * them, and so also when the demo is killed or its terminal closed. A signal could not do that; sent before the
 * gateway listens for it, it would also leave the embedded database behind.
 */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isMainThread } from 'node:worker_threads';

const folder = process.env.DATA_DIR;

const stopInOrder = (): void => {
  if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM');
  else setTimeout(stopInOrder, 50);
};

// The gateway's worker threads load this file too.
if (isMainThread && process.send) {
  process.once('disconnect', () => {
    process.once('exit', () => {
      // Windows keeps a folder in which somebody works.
      process.chdir(tmpdir());
      if (folder) rmSync(folder, { recursive: true, force: true });
    });
    stopInOrder();
  });
}
