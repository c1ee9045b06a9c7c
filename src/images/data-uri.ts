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

/**
 * Node's decoder skips what it does not know, and takes `-` and `_` too. What was decoded is therefore encoded again
 * and compared, piece by piece, which takes half as long as looking at each character.
 */
const decodeStrictly = (uri: string, start: number, target: Buffer): boolean => {
  const end = uri.length - 4;
  let written = 0;
  for (let at = start; at < end; at += pieceLength) {
    const piece = uri.slice(at, Math.min(at + pieceLength, end));
    const length = (piece.length / 4) * 3;
    if (target.write(piece, written, 'base64') !== length) return false;
    if (target.toString('base64', written, written + length) !== piece) return false;
    written += length;
  }
  if (!lastFour.test(uri.slice(end))) return false;
  return written + target.write(uri.slice(end), written, 'base64') === target.byteLength;
};

/**
 * Decodes `data:image/<type>;base64,…`. The type is not believed: the image is probed by content. The length is judged
 * before anything is allocated.
 */
export const decodeDataUri = (uri: string, maxBytes: number): Uint8Array => {
  const start = head.exec(uri.slice(0, maxHeadLength))?.[0].length;
  if (start === undefined) throw notDecodable('it does not begin right');
  const padding = uri.endsWith('==') ? 2 : uri.endsWith('=') ? 1 : 0;
  const characters = uri.length - start;
  const bytes = Math.floor(characters / 4) * 3 - padding;
  if (bytes > maxBytes) throw imageTooLarge(maxBytes, bytes);
  if (bytes <= 0) throw notDecodable('it is empty');
  if (characters % 4 !== 0) throw notDecodable('its length is not a multiple of four');
  const decoded = Buffer.allocUnsafeSlow(bytes);
  if (!decodeStrictly(uri, start, decoded)) throw notDecodable('it has a character that base64 does not have');
  return decoded;
};
