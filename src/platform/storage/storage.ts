/**
 * Where bytes are kept. Keys are made by the gateway: `[a-z0-9]` words with `/`, `-`, `_` and one `.ext` of
 * `keys.ts`, which tells the content type (a wrong key is a bug and throws a
 * `TypeError`, except where it came from outside).
 */
export interface Storage {
  /**
   * Stores the stream under a key, whole or not at all, and durably once it resolves; what was there before is
   * replaced at that moment and not earlier. Refuses with `too_large` as soon as more than `maxBytes` have come, and
   * leaves nothing behind, whatever fails. An aborted `signal` rejects with its reason.
   */
  put(key: string, source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredObject>;
  /** Null when there is no such object. */
  stat(key: string): Promise<ObjectInfo | null>;
  /**
   * Null when there is no such object. `range` is inclusive on both ends, as in HTTP; an end behind the object is cut
   * to it, a start behind it throws a `RangeError`. Read the stream to its end or cancel it: it holds a file or socket.
   */
  open(key: string, range?: ByteRange): Promise<OpenedObject | null>;
  /** Deletes if there; resolves when it is gone. */
  delete(key: string): Promise<void>;
  /** A link anyone may GET until `expiresAt`, at most `maxLinkSeconds` ahead. */
  signedUrl(key: string, options: { contentType: string; expiresInS: number }): Promise<SignedUrl>;
  /**
   * A direct upload bound to key, method, type and length. The link works again until it ends, so what was probed must
   * be copied to another key before it is trusted.
   */
  signedUpload(key: string, options: UploadOptions): Promise<SignedUpload>;
  /** Where the object lies for people with access to the bucket; null on the embedded store. */
  s3Uri(key: string): string | null;
  /** Throws when objects cannot be written now. */
  healthy(): Promise<void>;
  close(): Promise<void>;
}

/** No signed link lives longer, whatever was asked for. */
export const maxLinkSeconds = 3600;
export const defaultLinkSeconds = 900;

export interface PutOptions {
  readonly contentType: string;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface StoredObject {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ObjectInfo {
  /** Of the whole object. */
  readonly bytes: number;
  readonly contentType: string;
  /** A strong validator in quotes, as HTTP wants it: another one after every put. */
  readonly etag: string;
}

export interface OpenedObject extends ObjectInfo {
  readonly stream: ReadableStream<Uint8Array>;
}

export interface SignedUrl {
  readonly url: string;
  readonly expiresAt: Date;
}

export interface UploadOptions {
  readonly contentType: string;
  readonly bytes: number;
  readonly expiresInS: number;
}

export interface SignedUpload extends SignedUrl {
  readonly method: 'PUT';
  /** To be sent exactly so; the content length comes from the body by itself. */
  readonly headers: Readonly<Record<string, string>>;
}
