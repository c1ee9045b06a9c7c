/** Reading and writing pictures, in processes of their own. Nothing else of the gateway decodes what came from outside. */
import { availableParallelism } from 'node:os';
import { overloaded, RestageError } from '../operations/errors.ts';
import { DecoderLost, DecoderPool, type PoolOptions } from './decoder-pool.ts';
import type { DecoderAnswer, DecoderTask, TaskKind, TaskResults } from './decoder-task.ts';
import type { ProbedImage } from './probe.ts';
import { Spool, type SpoolFile } from './spool.ts';

/** A picture in a file, which whoever got it disposes of. */
export type MadeImage<Kind extends Exclude<TaskKind, 'probe'>> = TaskResults[Kind] & { readonly file: SpoolFile };
type OptionsOf<Kind extends TaskKind> = DecoderTask<Kind>['options'] & { readonly signal?: AbortSignal };

/**
 * Every refusal of a picture is `unprocessable_image` (`provider_error` for `verify`). Who has to wait for too long
 * asks `busy` before.
 */
export interface Decoder extends AsyncDisposable {
  readonly spool: Spool;
  /** More pictures wait than would be done before a caller gives up. */
  busy(): boolean;
  /** By the header alone, from a file or the first bytes of one. */
  probe(source: SpoolFile | Uint8Array, options: OptionsOf<'probe'>): Promise<ProbedImage>;
  /** The picture as every provider gets it: upright, sRGB, of 8 bits, without metadata, one frame. */
  prepare(source: SpoolFile, options: OptionsOf<'prepare'>): Promise<MadeImage<'prepare'>>;
  /** Decodes a result to its last pixel; `file` is the source itself where nothing had to be changed. */
  verify(source: SpoolFile, options: OptionsOf<'verify'>): Promise<MadeImage<'verify'>>;
  thumbnail(source: SpoolFile, options: OptionsOf<'thumbnail'>): Promise<MadeImage<'thumbnail'>>;
}

const mebibyte = 1024 * 1024;
/** Headers are quick and may not wait behind pictures: they have a process of their own. */
const headers = { processes: 1, taskMs: 5_000, memoryBytes: 256 * mebibyte, idleMs: 600_000 };
const pixels = {
  // One core is left to the gateway.
  processes: Math.max(1, Math.min(4, availableParallelism() - 1)),
  taskMs: 10_000,
  memoryBytes: 500 * mebibyte,
  idleMs: 60_000,
};
const mostWaiting = 64;
const mostTries = 2;

/** What a picture is refused with that ended a decoder. */
const refusalOf = (kind: TaskKind, error: DecoderLost): RestageError => {
  if (kind === 'verify') {
    const detail = 'The provider returned a picture that takes too much to decode.';
    return new RestageError('provider_error', detail, { cause: error, retryable: true });
  }
  const reason = error.excess === null ? 'cannot be decoded' : `takes too much ${error.excess} to decode`;
  return new RestageError('unprocessable_image', `The image ${reason}. Save it smaller, or as a plain JPEG or PNG.`, {
    cause: error,
  });
};

const resultOf = <Kind extends TaskKind>(answer: DecoderAnswer): TaskResults[Kind] => {
  if (answer.ok) return answer.value as TaskResults[Kind];
  const { code, message, cause } = answer;
  if (code === null) throw new Error(`The decoder failed: ${message}`);
  const options = { ...(cause !== '' && { cause: new Error(cause) }), retryable: code === 'provider_error' };
  throw new RestageError(code, message, options);
};

/** `limits` of one picture, in place of the usual ones. */
export const createDecoder = (limits: Partial<PoolOptions> = {}): Decoder => {
  const spool = new Spool();
  const pools = { headers: new DecoderPool(headers), pixels: new DecoderPool({ ...pixels, ...limits }) };

  const run = async <Kind extends TaskKind>(
    task: DecoderTask<Kind>,
    signal: AbortSignal | undefined,
  ): Promise<TaskResults[Kind]> => {
    const pool = task.kind === 'probe' ? pools.headers : pools.pixels;
    for (let tries = 1; ; tries += 1) {
      try {
        return resultOf<Kind>(await pool.run(task, signal));
      } catch (error) {
        if (error instanceof RestageError || signal?.aborted === true) throw error;
        if (!(error instanceof DecoderLost)) throw unavailable(error);
        // Only what ends a fresh process too is the picture's fault.
        if (error.excess !== null) throw refusalOf(task.kind, error);
        if (tries === mostTries) throw error.wasKilled ? unavailable(error) : refusalOf(task.kind, error);
      }
    }
  };

  const make = async <Kind extends Exclude<TaskKind, 'probe'>>(
    kind: Kind,
    source: SpoolFile,
    { signal, ...options }: OptionsOf<Kind>,
  ): Promise<MadeImage<Kind>> => {
    const file = await spool.fresh();
    try {
      const task = { kind, source: source.path, target: file.path, options } as unknown as DecoderTask<Kind>;
      const made = await run(task, signal);
      return { ...made, file: 'encodedAnew' in made && !made.encodedAnew ? source : file };
    } catch (error) {
      await file[Symbol.asyncDispose]();
      throw error;
    }
  };

  return {
    spool,
    busy: () => pools.pixels.waiting >= mostWaiting,
    probe: (source, { signal, ...options }) =>
      run<'probe'>({ kind: 'probe', source: source instanceof Uint8Array ? source : source.path, options }, signal),
    prepare: (source, options) => make('prepare', source, options),
    verify: (source, options) => make('verify', source, options),
    thumbnail: (source, options) => make('thumbnail', source, options),
    [Symbol.asyncDispose]: async () => {
      for (const pool of Object.values(pools)) pool.close();
      await spool[Symbol.asyncDispose]();
    },
  };
};

/** No process could be started, or it could not be spoken to. */
const unavailable = (cause: unknown): RestageError => {
  const error = overloaded('Pictures cannot be read at the moment. Try again shortly.', 2);
  return new RestageError(error.code, error.message, { headers: error.headers, retryable: true, cause });
};
