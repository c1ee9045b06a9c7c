import { join } from 'node:path';
import type { Settings } from '../../config.ts';
import type { S3Reader } from '../../images/s3-address.ts';
import { fileStorage } from './files.ts';
import { createFileServer, type FileServer, type Thumbnail } from './serve.ts';
import { createSigner, linkTo } from './signing.ts';
import type { SignedUrl, Storage } from './storage.ts';

export interface OpenStorage {
  readonly storage: Storage;
  /** What callers read results and assets with. */
  readonly link: Storage['signedUrl'];
  /** Answers `/files/…`. */
  readonly serveFile: FileServer;
  /** For callers' own buckets, where the operator allows any. */
  readonly reader: S3Reader | null;
}

interface OpenOptions {
  readonly publicUrl: () => string;
  /** The same for all processes of a gateway. */
  readonly secret: Uint8Array;
  readonly thumbnail: Thumbnail;
}

/** S3 where a bucket is set, else files in the data folder. The AWS SDK is loaded only when it is needed. */
export const openStorage = async (
  settings: Settings,
  { publicUrl, secret, thumbnail }: OpenOptions,
): Promise<OpenStorage> => {
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
    const signer = createSigner(secret);
    const ours = (key: string, { expiresInS }: { expiresInS: number }): Promise<SignedUrl> =>
      linkTo(signer, publicUrl(), { method: 'GET', key }, expiresInS);
    // S3 cannot be told to answer with our security headers. Whoever names a public address of the bucket has their
    // own way to add them, and wants the traffic there.
    const link = settings.S3_PUBLIC_URL ? storage.signedUrl : ours;
    return { storage, link, serveFile: createFileServer({ storage, signer, thumbnail, uploads: false }), reader };
  }
  const storage = fileStorage({ directory: join(settings.DATA_DIR, 'files'), publicUrl, secret });
  const serveFile = createFileServer({ storage, signer: storage.signer, thumbnail, uploads: true });
  return { storage, link: storage.signedUrl, serveFile, reader };
};
