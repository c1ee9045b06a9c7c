/** Callers' images in buckets that the operator allows (`S3_READ_BUCKETS`), read with the gateway's own credentials. */
import type { Readable } from 'node:stream';
import { failAlike } from '../../images/guarded-failure.ts';
import { imageTooLarge } from '../../images/limits.ts';
import { refusedS3, type S3Address, type S3Reader } from '../../images/s3-address.ts';
import { type S3StorageOptions, s3ClientConfig } from './s3.ts';

export type S3ReaderOptions = Pick<S3StorageOptions, 'region' | 'endpoint' | 'credentials'> & {
  readonly buckets: readonly string[];
};

export const createS3Reader = async (options: S3ReaderOptions): Promise<S3Reader> => {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({ ...s3ClientConfig(options), followRegionRedirects: true });
  const buckets = new Set(options.buckets);

  async function* read({ bucket, key }: S3Address, maxBytes: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const output = await client.send(
      new sdk.GetObjectCommand({ Bucket: bucket, Key: key }),
      signal === undefined ? {} : { abortSignal: signal },
    );
    const body = output.Body as Readable;
    try {
      const announced = output.ContentLength ?? 0;
      if (announced > maxBytes) throw imageTooLarge(maxBytes, announced);
      let bytes = 0;
      for await (const chunk of body) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) throw imageTooLarge(maxBytes);
        yield chunk as Uint8Array;
      }
    } finally {
      body.destroy();
    }
  }

  return {
    allows: (bucket) => buckets.has(bucket),
    async *open(address, { maxBytes, signal }) {
      if (!buckets.has(address.bucket)) throw refusedS3(address);
      yield* failAlike(read(address, maxBytes, signal), signal === undefined ? {} : { signal });
    },
    close: () => client.destroy(),
  };
};
