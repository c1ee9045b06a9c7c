import { RestageError } from '../operations/errors.ts';
import { imageTooLarge } from './limits.ts';

/** The head's length is bounded, so that a huge string without a comma costs nothing. */
const head = /^data:image\/[a-z0-9][a-z0-9.+-]{0,63};base64,/i;
const maxHeadLength = 100;
/** The last four characters: the only ones that may hold padding. */
const lastFour = /^[A-Za-z0-9+/]{2}(?:[A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==)$/;
/** Characters decoded at once; a multiple of four. */
const pieceLength = 1 << 20;

const notDecodable = (reason: string): RestageError =>
  new RestageError(
    'unprocessable_image',
    `The data: URI cannot be read: ${reason}. It has to be data:image/<type>;base64, followed by padded base64 without spaces or line breaks.`,
  );
const noHead = (): RestageError => notDecodable('it does not begin right');
const empty = (): RestageError => notDecodable('it is empty');
const wrongLength = (): RestageError => notDecodable('its length is not a multiple of four');
const wrongCharacter = (): RestageError => notDecodable('it has a character that base64 does not have');

/**
 * Node's decoder skips what it does not know, and takes `-` and `_` too. What was decoded is therefore encoded again
 * and compared, which takes half as long as looking at each character. The text has no padding.
 */
const decodeStrictly = (text: string, target: Buffer, start: number): number => {
  const length = (text.length / 4) * 3;
  if (target.write(text, start, 'base64') !== length) throw wrongCharacter();
  if (target.toString('base64', start, start + length) !== text) throw wrongCharacter();
  return length;
};

const decodeLast = (text: string): Buffer => {
  if (!lastFour.test(text)) throw wrongCharacter();
  return Buffer.from(text, 'base64');
};

/**
 * Decodes `data:image/<type>;base64,…`. The type is not believed: the image is probed by content. The length is judged
 * before anything is allocated.
 */
export const decodeDataUri = (uri: string, maxBytes: number): Uint8Array => {
  const start = head.exec(uri.slice(0, maxHeadLength))?.[0].length;
  if (start === undefined) throw noHead();
  const padding = uri.endsWith('==') ? 2 : uri.endsWith('=') ? 1 : 0;
  const characters = uri.length - start;
  const bytes = Math.floor(characters / 4) * 3 - padding;
  if (bytes > maxBytes) throw imageTooLarge(maxBytes, bytes);
  if (bytes <= 0) throw empty();
  if (characters % 4 !== 0) throw wrongLength();
  const decoded = Buffer.allocUnsafeSlow(bytes);
  const end = uri.length - 4;
  let written = 0;
  for (let at = start; at < end; at += pieceLength) {
    written += decodeStrictly(uri.slice(at, Math.min(at + pieceLength, end)), decoded, written);
  }
  decoded.set(decodeLast(uri.slice(end)), written);
  return decoded;
};

/** The same for a URI that comes in pieces: `write` and `end` answer the bytes decoded so far, or throw. */
export class DataUriReader {
  readonly #maxBytes: number;
  #bytes = 0;
  /** Not decoded yet: the beginning of the head, later one to four characters, which may be the last and padded. */
  #rest = '';
  #inHead = true;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  write(piece: Uint8Array): Uint8Array {
    const text = this.#rest + Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1');
    const start = this.#inHead ? this.#readHead(text) : 0;
    const end = start + Math.max(0, Math.ceil((text.length - start) / 4) - 1) * 4;
    this.#rest = text.slice(this.#inHead ? 0 : end);
    if (this.#inHead || end === start) return new Uint8Array(0);
    const length = ((end - start) / 4) * 3;
    this.#count(length);
    const decoded = Buffer.allocUnsafeSlow(length);
    decodeStrictly(text.slice(start, end), decoded, 0);
    return decoded;
  }

  end(): Uint8Array {
    if (this.#inHead) throw noHead();
    if (this.#bytes === 0 && this.#rest.length < 4) throw empty();
    if (this.#rest.length !== 4) throw wrongLength();
    const decoded = decodeLast(this.#rest);
    this.#count(decoded.byteLength);
    return decoded;
  }

  #readHead(text: string): number {
    const start = head.exec(text.slice(0, maxHeadLength))?.[0].length;
    if (start === undefined && text.length >= maxHeadLength) throw noHead();
    this.#inHead = start === undefined;
    return start ?? 0;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) throw imageTooLarge(this.#maxBytes);
  }
}
