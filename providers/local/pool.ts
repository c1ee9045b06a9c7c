import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { type Finished, ProviderError, type Stage, type StartContext } from '../../src/provider.ts';
import type { Answer, Task } from './job.ts';
import { wireSchema } from './wire.ts';

/** Two pictures at once; a picture holds up to about 400 MB while it is worked on. */
const threads = 2;

let pool: Piscina<Task, Answer> | undefined;

const open = (): Piscina<Task, Answer> => {
  pool ??= new Piscina<Task, Answer>({
    filename: new URL('./worker.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 60_000,
    concurrentTasksPerWorker: 1,
  });
  return pool;
};

const inputsOf = async (stage: Stage, context: StartContext<unknown>): Promise<Record<string, Uint8Array>> => {
  const entries = stage.inputs.map(async (input) => {
    const name = input === 'previous' ? input : `${input.role}#${input.index}`;
    return [name, await context.image(input).bytes()] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
};

export const draw = async (stage: Stage, context: StartContext<unknown>): Promise<Finished> => {
  const wire = wireSchema.parse(stage.wire);
  const images = await inputsOf(stage, context);
  context.signal.throwIfAborted();
  const channel = new MessageChannel();
  channel.port1.on('message', (fraction: number) => context.progress(fraction));
  try {
    const task: Task = { wire, images, picture: context.picture, port: channel.port2 };
    const answer = await open().run(task, { signal: context.signal, transferList: [channel.port2] });
    if (!answer.ok) throw new ProviderError(answer.code, answer.message, { bought: 'no' });
    return { status: 'finished', artifacts: [{ bytes: answer.bytes, contentType: answer.contentType }], costUsd: 0 };
  } finally {
    channel.port1.close();
  }
};

export const close = async (): Promise<void> => {
  const open = pool;
  pool = undefined;
  await open?.destroy();
};
