import { join } from 'node:path';
import type { Settings } from '../../config.ts';
import type { S3Reader } from '../../images/s3-address.ts';
import { fileStorage } from './files.ts';
import { loadSecret } from './secret.ts';
import { createFileServer } from './serve.ts';
import type { Storage } from './storage.ts';

export interface OpenStorage {
  readonly storage: Storage;
  /** Answers `/files/…`; null where links lead to the bucket itself. */
  readonly serveFile: ((request: Request) => Promise<Response>) | null;
  /** For callers' own buckets, where the operator allows any. */
  readonly reader: S3Reader | null;
}

/** S3 where a bucket is set, else files in the data folder. The AWS SDK is loaded only when it is needed. */
export const openStorage = async (settings: Settings, publicUrl: () => string): Promise<OpenStorage> => {
  const region = settings.AWS_REGION ?? settings.AWS_DEFAULT_REGION ?? 'us-east-1';
  const s3 = { region, ...(settings.S3_ENDPOINT && { endpoint: settings.S3_ENDPOINT }) };
  const buckets = settings.S3_READ_BUCKETS;
  const reader = buckets.length > 0 ? await (await import('./s3-reader.ts')).createS3Reader({ ...s3, buckets }) : null;

  if (settings.S3_BUCKET) {
    const { createS3Storage } = await import('./s3.ts');
    const storage = await createS3Storage({
      ...s3,
      bucket: settings.S3_BUCKET,
      ...(settings.S3_PREFIX && { prefix: settings.S3_PREFIX }),
      ...(settings.S3_PUBLIC_URL && { publicUrl: settings.S3_PUBLIC_URL }),
    });
    return { storage, serveFile: null, reader };
  }
  const secret = await loadSecret(settings.DATA_DIR);
  const storage = fileStorage({ directory: join(settings.DATA_DIR, 'files'), publicUrl, secret });
  return { storage, serveFile: createFileServer({ storage, signer: storage.signer }), reader };
};
