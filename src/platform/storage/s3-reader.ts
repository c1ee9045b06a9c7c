/** Callers' images in buckets that the operator allows (`S3_READ_BUCKETS`), read with the gateway's own credentials. */
import type { Readable } from 'node:stream';
import { imageTooLarge } from '../../images/limits.ts';
import type { S3Reader } from '../../images/s3-address.ts';
import { RestageError } from '../../operations/errors.ts';
import { type S3StorageOptions, s3ClientConfig } from './s3.ts';

export type S3ReaderOptions = Pick<S3StorageOptions, 'region' | 'endpoint' | 'credentials'> & {
  readonly buckets: readonly string[];
};

export const createS3Reader = async (options: S3ReaderOptions): Promise<S3Reader> => {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({ ...s3ClientConfig(options), followRegionRedirects: true });
  const buckets = new Set(options.buckets);
  return {
    allows: (bucket) => buckets.has(bucket),

    async *open({ bucket, key }, { maxBytes, signal }) {
      if (!buckets.has(bucket)) {
        throw new RestageError(
          'blocked_address',
          'This bucket is not one that the operator allows to read from. Send an https:// URL or upload the image.',
        );
      }
      const failed = (cause: unknown): RestageError =>
        new RestageError('unreachable_image', 'The image could not be read from its bucket.', { cause });
      const output = await client
        .send(
          new sdk.GetObjectCommand({ Bucket: bucket, Key: key }),
          signal === undefined ? {} : { abortSignal: signal },
        )
        .catch((error: unknown) => {
          signal?.throwIfAborted();
          throw failed(error);
        });
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
      } catch (error) {
        signal?.throwIfAborted();
        throw error instanceof RestageError ? error : failed(error);
      } finally {
        body.destroy();
      }
    },

    close: () => client.destroy(),
  };
};
