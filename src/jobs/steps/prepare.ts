import { RestageError } from '../../operations/errors.ts';
import type { SentImage } from '../../operations/operation.ts';
import { StaleError } from '../../platform/queue/queue.ts';
import { extensionOf } from '../../platform/storage/keys.ts';
import type { Storage } from '../../platform/storage/storage.ts';
import type { Capability } from '../../provider.ts';
import type { Pass, StepOutcome, WorkerContext } from '../context.ts';
import { endingOf } from '../ending.ts';
import { causesOf } from '../failure.ts';
import { storeJobFile } from '../job-file.ts';
import type { AssetRecord, PreparedImage } from '../model.ts';
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
  const { store, storage, images, decoder, limits } = context;
  const keep = async (made: Made, source: AsyncIterable<Uint8Array>): Promise<PreparedImage> => {
    const { contentType, width, height } = made;
    const storageKey = `inputs/${job.id}/${image.role.replaceAll('.', '-')}-${image.index}.${extensionOf(contentType)}`;
    const file = { kind: 'input' as const, storageKey, contentType, width, height, source };
    const { bytes } = await storeJobFile(context, job, file, signal);
    return { role: image.role, index: image.index, storageKey, contentType, width, height, bytes };
  };

  const isAsset = image.source.startsWith('asset_');
  const [asset] = isAsset ? await store.assets([{ account: job.account, id: image.source }]) : [];
  const source = isAsset ? await streamOf(storage, asset, image.source) : images.open(image.source, { signal });
  if (asset && fits(asset, capability)) return keep(asset, source);
  const maxBytes = asset ? Math.max(asset.bytes, limits.maxBytes) : limits.maxBytes;
  await using raw = await decoder.spool.keep(source, maxBytes);
  const wish = { types: capability.inputTypes, maxSide: capability.maxInputSide, maxPixels: limits.maxPixels, signal };
  const made = await decoder.prepare(raw, wish);
  await using file = made.file;
  // Awaited here: the files are deleted when this function is left.
  return await keep(made, file.stream());
};

type Made = Pick<AssetRecord, 'contentType' | 'width' | 'height'>;

/** Assets and results were made by us: there is nothing in them to take out. */
const fits = ({ kind, contentType, width, height }: AssetRecord, { inputTypes, maxInputSide }: Capability): boolean =>
  (kind === 'upload' || kind === 'result') &&
  inputTypes.some((type) => type === contentType) &&
  Math.max(width, height) <= maxInputSide;

const streamOf = async (
  storage: Storage,
  asset: AssetRecord | null | undefined,
  id: string,
): Promise<AsyncIterable<Uint8Array>> => {
  const opened = asset && (await storage.open(asset.storageKey));
  if (opened) return opened.stream;
  throw new RestageError('unprocessable_image', `The asset ${id} was deleted before the job could read it.`);
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
