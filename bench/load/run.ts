import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Load, LoadResult } from './requests.ts';
import type { SlowLoad, SlowResult } from './slow-clients.ts';
import type { UploadLoad, UploadResult } from './uploads.ts';

const runIn = async <Result>(file: string, load: unknown): Promise<Result> => {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)));
  child.send(load as object);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the load generator ended with code ${code}`);
  });
  try {
    const [result] = (await Promise.race([once(child, 'message'), ended])) as [Result];
    return result;
  } finally {
    ended.catch(() => {});
    child.kill();
  }
};

export const sendRequests = (load: Load): Promise<LoadResult> => runIn('./requests.ts', load);
export const sendUploads = (load: UploadLoad): Promise<UploadResult> => runIn('./uploads.ts', load);
export const sendSlowly = (load: SlowLoad): Promise<SlowResult> => runIn('./slow-clients.ts', load);
