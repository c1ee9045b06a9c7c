/** One door to the bytes of an image that a request names. `asset_…` ids are resolved before. */
import { RestageError } from '../operations/errors.ts';
import { decodeDataUri } from './data-uri.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { type ImageLimits, imageTooLarge } from './limits.ts';
import { parseS3Address, type S3Reader } from './s3-address.ts';

export interface ImagesOptions {
  readonly guardedFetch: GuardedFetch;
  /** Only where the operator set `S3_READ_BUCKETS`. */
  readonly s3Reader?: S3Reader;
  readonly limits: Pick<ImageLimits, 'maxBytes'>;
}

export interface Images {
  /** The bytes as they come, never more than the limit. Nothing is fetched before the first read. */
  open(source: string, options?: { signal?: AbortSignal }): AsyncIterable<Uint8Array>;
}

async function* once(bytes: () => Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes();
}

export const createImages = ({ guardedFetch, s3Reader, limits }: ImagesOptions): Images => ({
  open(source, { signal } = {}) {
    const options = { maxBytes: limits.maxBytes, ...(signal !== undefined && { signal }) };
    if (/^data:/i.test(source)) return once(() => decodeDataUri(source, limits.maxBytes));
    const address = parseS3Address(source);
    if (address !== null && s3Reader?.allows(address.bucket) === true) return s3Reader.open(address, options);
    if (/^s3:/i.test(source)) {
      return once(() => {
        throw new RestageError(
          'blocked_address',
          'This bucket is not one that the operator allows to read from. Send an https:// URL or upload the image.',
        );
      });
    }
    return guardedFetch.fetchImage(source, options);
  },
});

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
