/**
 * Reads pictures that strangers made, one at a time, in a process of its own: whatever a decoder does to its memory,
 * the gateway's is another. Started by `decoder-pool.ts`, without an environment, with a limit on its memory.
 */
import { writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import sharp from 'sharp';
import { RestageError } from '../operations/errors.ts';
import type { DecoderAnswer, DecoderTask, TaskKind, TaskResults } from './decoder-task.ts';
import { type PreparedImage, prepareImage } from './prepare.ts';
import { probeImage } from './probe.ts';
import { makeThumbnail } from './thumbnail.ts';
import { verifyOutput } from './verify.ts';

/** A tenth of what the gateway itself gets where both want a core. */
const niceness = 10;

// Whoever waits for an answer of the gateway goes first. Threads that start from here on inherit it.
setPriority(niceness);
// One picture, one core: the others are for other pictures.
sharp.concurrency(1);

const written = async <Image extends PreparedImage>(
  { bytes, ...image }: Image,
  target: string | undefined,
): Promise<Omit<Image, 'bytes'>> => {
  if (target === undefined) throw new Error('a task without its target');
  await writeFile(target, bytes);
  return image;
};

const work: { [Kind in TaskKind]: (task: DecoderTask<Kind>) => Promise<TaskResults[Kind]> } = {
  probe: ({ source, options }) => probeImage(source, options),
  prepare: async ({ source, target, options }) => written(await prepareImage(source, options), target),
  thumbnail: async ({ source, target, options }) => written(await makeThumbnail(source, options), target),
  verify: async ({ source, target, options }) => {
    const verified = await verifyOutput(source, options);
    if (verified.encodedAnew) return written(verified, target);
    const { bytes: _unchanged, ...facts } = verified;
    return facts;
  },
};

const run = <Kind extends TaskKind>(task: DecoderTask<Kind>): Promise<TaskResults[Kind]> => work[task.kind](task);

const answerTo = async (task: DecoderTask): Promise<DecoderAnswer> => {
  try {
    return { ok: true, value: await run(task) };
  } catch (error) {
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    const code = error instanceof RestageError ? error.code : null;
    return { ok: false, code, message, cause: cause instanceof Error ? cause.message : '' };
  }
};

process.on('message', async (task: DecoderTask) => process.send?.(await answerTo(task)));
process.on('disconnect', () => process.exit(0));
// They reach the whole group; the gateway still needs this process while it drains.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
