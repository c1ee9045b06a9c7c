import { readBytes } from '../../images/images.ts';
import { prepareImage } from '../../images/prepare.ts';
import { RestageError } from '../../operations/errors.ts';
import type { SentImage } from '../../operations/operation.ts';
import { StaleError } from '../../platform/queue/queue.ts';
import { extensionOf } from '../../platform/storage/keys.ts';
import type { Capability } from '../../provider.ts';
import type { Pass, StepOutcome, WorkerContext } from '../context.ts';
import { endingOf } from '../ending.ts';
import { causesOf } from '../failure.ts';
import { storeJobFile } from '../job-file.ts';
import type { PreparedImage } from '../model.ts';
import { backoffMs } from '../pace.ts';

/** Brings every input of the request into our storage, fit for the backend. Once: a second run finds it done. */
export const prepare = async (context: WorkerContext, pass: Pass): Promise<StepOutcome> => {
  const { job } = pass.state;
  const capability = pass.backend.provider.manifest.operations[job.operation];
  if (!capability) throw new Error(`${pass.backend.name} no longer does ${job.operation}`);
  const started = performance.now();
  try {
    const prepared: PreparedImage[] = [];
    // One after the other: memory stays at one picture for each job.
    for (const image of job.request.images) prepared.push(await prepareOne(context, pass, image, capability));
    await context.store.savePrepared(job, prepared, {
      ...job.timings,
      prepare: Math.round(performance.now() - started),
    });
    return 'again';
  } catch (error) {
    if (error instanceof StaleError || pass.signal.aborted) throw error;
    // Storage or database is away, not the picture bad: the deadline is the limit.
    if (!(error instanceof RestageError) || error.retryable) return retryLater(context, pass, error);
    const failure = { code: error.code, message: error.message, retryable: false };
    await context.store.end(job, endingOf(pass.state, { status: 'failed', error: failure }), null);
    context.telemetry.log.info(
      { job: job.id, code: error.code, cause: String(error.cause ?? '') },
      'an input was refused',
    );
    return 'again';
  }
};

const prepareOne = async (
  context: WorkerContext,
  { state: { job }, signal }: Pass,
  image: SentImage,
  capability: Capability,
): Promise<PreparedImage> => {
  const source = await sourceOf(context, job.account, image.source, signal);
  const bytes = await readBytes(source, context.limits.maxBytes);
  const made = await prepareImage(bytes, {
    types: capability.inputTypes,
    maxSide: capability.maxInputSide,
    maxPixels: context.limits.maxPixels,
    signal,
  });
  const { contentType, width, height } = made;
  const storageKey = `inputs/${job.id}/${image.role.replaceAll('.', '-')}-${image.index}.${extensionOf(contentType)}`;
  const stored = await storeJobFile(context, job, { kind: 'input', storageKey, ...made }, signal);
  return { role: image.role, index: image.index, storageKey, contentType, width, height, bytes: stored.bytes };
};

const sourceOf = async (
  { store, storage, images }: WorkerContext,
  account: string,
  source: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> => {
  if (!source.startsWith('asset_')) return images.open(source, { signal });
  const [asset] = await store.assets([{ account, id: source }]);
  const opened = asset && (await storage.open(asset.storageKey));
  if (!opened)
    throw new RestageError('unprocessable_image', `The asset ${source} was deleted before the job could read it.`);
  return opened.stream;
};

/** The other side of a URL may come back; the deadline is the limit. */
const retryLater = async (
  { store, random, telemetry }: WorkerContext,
  { state: { job }, delivery }: Pass,
  error: unknown,
): Promise<StepOutcome> => {
  telemetry.log.warn({ job: job.id, cause: causesOf(error) }, 'an input could not be prepared yet');
  const tries = Math.floor((Date.now() - (job.startedAt ?? job.createdAt).getTime()) / 5_000);
  await store.handOver({
    delivery,
    again: { queue: delivery.queue, delayMs: backoffMs(tries, 1_000, 30_000, random) },
  });
  return 'handed_over';
};
