import { Readable } from 'node:stream';
import type { GetObjectCommandOutput, S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { countedSource } from './counted.ts';
import { checkKey, contentTypeOfKey } from './keys.ts';
import { clampLinkSeconds } from './signing.ts';
import type { ObjectInfo, Storage } from './storage.ts';

export interface S3StorageOptions {
  readonly bucket: string;
  readonly region: string;
  /** Goes before every key; slashes at its ends are ignored. */
  readonly prefix?: string;
  /** Of a server that speaks S3; addressed by path. Unset: AWS. */
  readonly endpoint?: string;
  /** Endpoint that signed links name and are signed for, where callers reach the server under another address. */
  readonly publicUrl?: string;
  /** Unset: the SDK's usual chain. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The smallest part S3 takes. Two at once bound the memory of one put to about 15 MiB. */
const partBytes = 5 * 1024 * 1024;
const partsAtOnce = 2;
const healthKey = 'health/probe.txt';
/** A health check writes, which costs money at AWS: its success counts for so long. */
const healthyForMs = 10_000;

export const s3ClientConfig = (
  options: Pick<S3StorageOptions, 'region' | 'endpoint' | 'credentials'>,
): S3ClientConfig => ({
  region: options.region,
  ...(options.endpoint !== undefined && { endpoint: options.endpoint, forcePathStyle: true }),
  ...(options.credentials !== undefined && { credentials: options.credentials }),
  // The SDK's default checksums are refused by many servers that speak S3.
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  requestHandler: { connectionTimeout: 5000, socketTimeout: 30_000 },
});

export const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;

const infoOf = (
  output: Pick<GetObjectCommandOutput, 'ContentLength' | 'ContentRange' | 'ETag'>,
  key: string,
): ObjectInfo => ({
  bytes: Number(/\/(\d+)$/.exec(output.ContentRange ?? '')?.[1] ?? output.ContentLength ?? 0),
  contentType: checkKey(key),
  etag: output.ETag ?? '""',
});

const streamOf = (body: GetObjectCommandOutput['Body']): ReadableStream<Uint8Array> =>
  Readable.toWeb(body as Readable, { strategy: { highWaterMark: 0 } }) as ReadableStream<Uint8Array>;

/** Objects in a bucket. The SDK is loaded here and not before: it costs start-up time that files should not pay. */
export const createS3Storage = async (options: S3StorageOptions): Promise<Storage> => {
  const [sdk, { Upload }, { getSignedUrl }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/lib-storage'),
    import('@aws-sdk/s3-request-presigner'),
  ]);
  const client = new sdk.S3Client(s3ClientConfig(options));
  const signingClient: S3Client =
    options.publicUrl === undefined
      ? client
      : new sdk.S3Client(s3ClientConfig({ ...options, endpoint: options.publicUrl }));
  const Bucket = options.bucket;
  const prefix = (options.prefix ?? '').replace(/^\/+|\/+$/g, '');
  const locate = (key: string): { Bucket: string; Key: string } => ({
    Bucket,
    Key: prefix === '' ? key : `${prefix}/${key}`,
  });
  let healthyUntil = 0;

  return {
    async put(key, source, { contentType, maxBytes, signal }) {
      checkKey(key, contentType);
      const counted = countedSource(source, { maxBytes, ...(signal !== undefined && { signal }) });
      // The signal ends the source, and with it the upload: `Upload.abort` would answer before the parts are deleted.
      const upload = new Upload({
        client,
        params: { ...locate(key), Body: Readable.from(counted.stream, { highWaterMark: 1 }), ContentType: contentType },
        partSize: partBytes,
        queueSize: partsAtOnce,
      });
      await upload.done();
      return counted.result();
    },

    async stat(key) {
      if (contentTypeOfKey(key) === null) return null;
      try {
        return infoOf(await client.send(new sdk.HeadObjectCommand(locate(key))), key);
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    },

    async open(key, range) {
      if (contentTypeOfKey(key) === null) return null;
      if (range !== undefined && (range.start < 0 || range.end < range.start)) throw new RangeError('No such range');
      try {
        const output = await client.send(
          new sdk.GetObjectCommand({
            ...locate(key),
            ...(range !== undefined && { Range: `bytes=${range.start}-${range.end}` }),
          }),
        );
        return { ...infoOf(output, key), stream: streamOf(output.Body) };
      } catch (error) {
        if (statusOf(error) === 404) return null;
        if (statusOf(error) === 416) throw new RangeError('No such range', { cause: error });
        throw error;
      }
    },

    async delete(key) {
      checkKey(key);
      await client.send(new sdk.DeleteObjectCommand(locate(key)));
    },

    async signedUrl(key, { contentType, expiresInS }) {
      checkKey(key);
      const expiresIn = clampLinkSeconds(expiresInS);
      const expiresAt = new Date(Date.now() + expiresIn * 1000);
      const command = new sdk.GetObjectCommand({
        ...locate(key),
        ResponseContentType: contentType,
        ResponseContentDisposition: contentType.startsWith('image/') ? 'inline' : 'attachment',
        ResponseCacheControl: `private, immutable, max-age=${expiresIn}`,
      });
      return { url: await getSignedUrl(signingClient, command, { expiresIn }), expiresAt };
    },

    async signedUpload(key, { contentType, bytes, expiresInS }) {
      checkKey(key, contentType);
      const expiresIn = clampLinkSeconds(expiresInS);
      const expiresAt = new Date(Date.now() + expiresIn * 1000);
      const command = new sdk.PutObjectCommand({ ...locate(key), ContentType: contentType, ContentLength: bytes });
      const url = await getSignedUrl(signingClient, command, {
        expiresIn,
        // Both are left out of the signature unless named, and the link would then take any type and length.
        signableHeaders: new Set(['host', 'content-type', 'content-length']),
      });
      return { url, expiresAt, method: 'PUT', headers: { 'content-type': contentType } };
    },

    s3Uri: (key) => `s3://${Bucket}/${locate(checkKey(key) && key).Key}`,

    async healthy() {
      if (Date.now() < healthyUntil) return;
      await client.send(new sdk.PutObjectCommand({ ...locate(healthKey), Body: 'ok', ContentType: 'text/plain' }));
      healthyUntil = Date.now() + healthyForMs;
    },

    close: async () => {
      client.destroy();
      signingClient.destroy();
    },
  };
};
