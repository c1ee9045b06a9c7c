/** One door to the bytes of an image that a request names. `asset_…` ids are resolved before. */
import { decodeDataUri } from './data-uri.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { type ImageLimits, imageTooLarge } from './limits.ts';
import { parseS3Address, refusedS3, type S3Address, type S3Reader } from './s3-address.ts';

export interface ImagesOptions {
  readonly guardedFetch: GuardedFetch;
  /** Only where the operator set `S3_READ_BUCKETS`. */
  readonly s3Reader?: S3Reader;
  readonly limits: Pick<ImageLimits, 'maxBytes'>;
}

export interface Images {
  /** Throws `blocked_address` for a source that its text alone refuses. Asks neither a resolver nor the network. */
  check(source: string): void;
  /** The bytes as they come, never more than the limit. Nothing is fetched before the first read. */
  open(source: string, options?: { signal?: AbortSignal }): AsyncIterable<Uint8Array>;
}

const isData = (source: string): boolean => /^data:/i.test(source);

export const createImages = ({ guardedFetch, s3Reader, limits: { maxBytes } }: ImagesOptions): Images => {
  /** Where the gateway reads with its own credentials; null for what is fetched like any other address. */
  const inBucket = (source: string): S3Address | null => {
    const address = parseS3Address(source);
    if (address !== null && s3Reader?.allows(address.bucket) === true) return address;
    if (/^s3:/i.test(source)) throw refusedS3(address);
    return null;
  };

  return {
    check(source) {
      if (!isData(source) && inBucket(source) === null) guardedFetch.check(source);
    },
    async *open(source, { signal } = {}) {
      if (isData(source)) {
        yield decodeDataUri(source, maxBytes);
        return;
      }
      const options = { maxBytes, ...(signal !== undefined && { signal }) };
      const address = inBucket(source);
      yield* address !== null && s3Reader !== undefined
        ? s3Reader.open(address, options)
        : guardedFetch.fetchImage(source, options);
    },
  };
};

/** Collects a stream in memory; for streams that are not capped already, `maxBytes` does it. */
export const readBytes = async (source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw imageTooLarge(maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes);
};
