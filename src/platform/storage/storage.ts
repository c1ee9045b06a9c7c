/** Where bytes are kept. Keys are made by the gateway: `[a-z0-9]` words with `/`, `-`, `_` and one `.ext`. */
export interface Storage {
  /**
   * Stores the stream under a key, whole or not at all, and durably once it resolves.
   * Refuses with `too_large` as soon as more than `maxBytes` have come, and leaves nothing behind.
   */
  put(key: string, source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredObject>;
  /** Null when there is no such object. `range` is inclusive on both ends, as in HTTP. */
  open(key: string, range?: { start: number; end: number }): Promise<OpenedObject | null>;
  /** Deletes if there; resolves when it is gone. */
  delete(key: string): Promise<void>;
  /** A link anyone may GET until `expiresAt`. */
  signedUrl(key: string, options: { contentType: string; expiresInS: number }): Promise<SignedUrl>;
  /** A direct upload bound to key, method, type and length. */
  signedUpload(key: string, options: UploadOptions): Promise<SignedUpload>;
  /** Where the object lies for people with access to the bucket; null on the embedded store. */
  s3Uri(key: string): string | null;
  /** Throws when objects cannot be written now. */
  healthy(): Promise<void>;
  close(): Promise<void>;
}

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

export interface OpenedObject {
  /** Of the whole object. */
  readonly bytes: number;
  readonly contentType: string;
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
  readonly headers: Readonly<Record<string, string>>;
}
