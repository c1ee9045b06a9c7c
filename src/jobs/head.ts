import { checkedType } from '../images/accepted.ts';
import type { Decoder } from '../images/decoder.ts';
import type { ProbedImage } from '../images/probe.ts';
import { RestageError } from '../operations/errors.ts';
import type { Metrics } from '../platform/telemetry/telemetry.ts';
import type { ImageLimits } from './context.ts';

interface HeadParts {
  readonly decoder: Decoder;
  readonly metrics: Metrics;
  readonly limits: ImageLimits;
}

/** Enough of a file for its header in nearly every case; else the whole file is read again. */
const headBytes = 128 * 1024;

/** The head is looked at before the rest comes, and then forgotten: many uploads at once must not hold many heads. */
export const inspect = async (
  source: AsyncIterable<Uint8Array>,
  { decoder, metrics, limits: { maxPixels } }: HeadParts,
) => {
  const { head, whole, rest, letGo } = await peek(source, metrics);
  try {
    const contentType = checkedType(head);
    const probed: ProbedImage | null = await decoder.probe(head, { maxPixels }).catch((error: unknown) => {
      // With a cause, the header could not be read: it may go on behind the head. Without, it says too much.
      if (whole || !(error instanceof RestageError) || error.retryable || error.cause === undefined) throw error;
      return null;
    });
    return { contentType, probed, rest, letGo };
  } catch (error) {
    letGo();
    throw error;
  }
};

/** The first bytes, and a stream that has them too. What is held in memory is counted. `letGo` ends the source. */
const peek = async (source: AsyncIterable<Uint8Array>, metrics: Metrics) => {
  const iterator = source[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let ended = false;
  const next = async (): Promise<void> => {
    const { value, done } = await iterator.next();
    if (done) {
      ended = true;
      return;
    }
    held.push(value);
    metrics.inFlight(value.byteLength);
  };
  const letGo = (): void => {
    for (const { byteLength } of held.splice(0)) metrics.inFlight(-byteLength);
    // Not awaited: a source that hangs would hang its own end.
    if (!ended) iterator.return?.().catch(() => {});
    ended = true;
  };
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    while (held.length > 0 || !ended) {
      const [chunk] = held;
      if (chunk) {
        yield chunk;
        if (held.shift()) metrics.inFlight(-chunk.byteLength);
      } else await next();
    }
  };
  try {
    while (held.reduce((sum, { byteLength }) => sum + byteLength, 0) < headBytes && !ended) await next();
  } catch (error) {
    letGo();
    throw error;
  }
  return { head: Buffer.concat(held), whole: ended, rest: rest(), letGo };
};
