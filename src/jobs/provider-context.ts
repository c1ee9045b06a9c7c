import { readBytes } from '../images/images.ts';
import {
  type ProviderContext,
  ProviderError,
  type StageImage,
  type StageInput,
  type StartContext,
} from '../provider.ts';
import { optionsAt } from '../routing/backend.ts';
import type { Pass, WorkerContext } from './context.ts';
import type { PreparedImage, PurchaseRecord } from './model.ts';

const linkSeconds = 3_600;

export const providerContext = (
  context: WorkerContext,
  { backend, state, signal }: Pass,
): ProviderContext<unknown> => ({
  settings: backend.settings,
  http: context.http(backend),
  signal,
  now: context.now,
  log: (message, fields = {}) =>
    context.telemetry.log.info({ job: state.job.id, backend: backend.name, ...fields }, message),
});

/** `before`: what the stage before made, for stages that take `previous`. */
export const startContext = (
  context: WorkerContext,
  pass: Pass,
  purchase: PurchaseRecord,
  before: StoredImage | null,
): StartContext<unknown> => {
  const { job, purchases } = pass.state;
  const total = purchases.length;
  const done = purchases.filter(({ status }) => status === 'collected' || status === 'finished').length;
  return {
    ...providerContext(context, pass),
    purchaseId: purchase.id,
    picture: purchase.picture,
    request: {
      operation: job.operation,
      ...job.request,
      options: optionsAt(pass.backend, job.request.fields.options).data,
    },
    image: (input) => stageImage(context, locate(job.prepared ?? [], before, input)),
    progress: throttled(context, job.id, (fraction) => (done + fraction) / total),
  };
};

export type StoredImage = Pick<PreparedImage, 'storageKey' | 'contentType' | 'width' | 'height'>;

const locate = (prepared: readonly PreparedImage[], before: StoredImage | null, input: StageInput): StoredImage => {
  const found =
    input === 'previous' ? before : prepared.find(({ role, index }) => role === input.role && index === input.index);
  if (!found) throw new Error(`the stage asks for an image that was not sent: ${JSON.stringify(input)}`);
  return found;
};

const stageImage = ({ storage, limits }: WorkerContext, image: StoredImage): StageImage => {
  const { storageKey, contentType, width, height } = image;
  const open = async (): Promise<ReadableStream<Uint8Array>> => {
    const opened = await beforeSending(() => storage.open(storageKey));
    if (!opened) throw new Error(`a prepared image is gone: ${storageKey}`);
    return opened.stream;
  };
  const bytes = async (): Promise<Uint8Array> => {
    const stream = await open();
    return beforeSending(() => readBytes(stream, limits.maxBytes * 4));
  };
  return {
    contentType,
    width,
    height,
    bytes,
    stream: open,
    dataUri: async () => `data:${contentType};base64,${Buffer.from(await bytes()).toString('base64')}`,
    url: async () => (await storage.signedUrl(storageKey, { contentType, expiresInS: linkSeconds })).url,
  };
};

/** Our own storage or database is away while a start is got ready: nothing was sent, so nothing was bought. */
export const beforeSending = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (cause) {
    throw new ProviderError('overloaded', 'The gateway could not read its own files.', {
      retryable: true,
      bought: 'no',
      cause,
    });
  }
};

const progressEveryMs = 500;

/** Progress is a hint: at most two writes a second, and a failed one is forgotten. */
const throttled = ({ store, now, telemetry }: WorkerContext, jobId: string, shareOf: (fraction: number) => number) => {
  let last = 0;
  return (fraction: number): void => {
    if (now() - last < progressEveryMs) return;
    last = now();
    const progress = Math.min(0.99, Math.max(0, shareOf(fraction)));
    store
      .saveProgress(jobId, progress)
      .catch((error) => telemetry.log.debug({ job: jobId, error: String(error) }, 'progress was not stored'));
  };
};
