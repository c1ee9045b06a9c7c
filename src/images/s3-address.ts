/** Callers' images in S3: how they are written, and what reads them. */
import { RestageError } from '../operations/errors.ts';

export interface S3Address {
  readonly bucket: string;
  readonly key: string;
}

export interface S3Reader {
  /** Whether an address lies in an allowed bucket. */
  allows(bucket: string): boolean;
  /** `blocked_address` for other buckets; `unreachable_image` when it cannot be read; `too_large` behind the cap. */
  open(address: S3Address, options: { maxBytes: number; signal?: AbortSignal }): AsyncIterable<Uint8Array>;
  close(): void;
}

/** Bucket names, https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const bucketPattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const maxKeyBytes = 1024;
/** `bucket.s3.region.amazonaws.com`, also without region, with a dash, dual-stack, and by path. */
const awsHost =
  /^(?:(?<bucket>[a-z0-9.-]+)\.)?s3(?:[.-](?:dualstack\.)?[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?$/;

/** Servers that keep buckets in the path would follow `..` into another bucket. */
const hasDots = (key: string): boolean => key.split('/').some((part) => part === '.' || part === '..');

const addressOf = (bucket: string, key: string): S3Address | null =>
  bucketPattern.test(bucket) && key !== '' && !hasDots(key) && new TextEncoder().encode(key).byteLength <= maxKeyBytes
    ? { bucket, key }
    : null;

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

/** Null for what is not `s3://bucket/key` or an https address of AWS without a query (a presigned one is fetched). */
export const parseS3Address = (source: string): S3Address | null => {
  const plain = /^s3:\/\/([^/?#]+)\/([\s\S]+)$/.exec(source);
  if (plain !== null) return addressOf(plain[1] ?? '', plain[2] ?? '');
  if (!source.startsWith('https://') || !URL.canParse(source)) return null;
  const url = new URL(source);
  const host = awsHost.exec(url.hostname);
  if (host === null || url.port !== '' || url.username !== '' || url.password !== '' || url.search !== '') return null;
  const path = decoded(url.pathname.slice(1));
  if (path === null) return null;
  const named = host.groups?.bucket;
  if (named !== undefined) return addressOf(named, path);
  const slash = path.indexOf('/');
  return slash === -1 ? null : addressOf(path.slice(0, slash), path.slice(slash + 1));
};

/** For an `s3:` address that is none, or lies in a bucket that is not allowed. */
export const refusedS3 = (address: S3Address | null): RestageError =>
  new RestageError(
    'blocked_address',
    address === null
      ? 'An address in S3 is s3://bucket/key, without "." and ".." in the key. Mend it, or upload the image.'
      : 'This bucket is not one that the operator allows to read from. Send an https:// URL or upload the image.',
  );
