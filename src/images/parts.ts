/**
 * Looks at a file's parts before a decoder does, and refuses what would keep one busy by its header alone: 27 s for a
 * WebP of 100,000 frames in 9 MB, 11 s and 2 GB for a PNG with 500 packed texts in 4 MB.
 */
import { unprocessable } from './accepted.ts';
import { maxFrames } from './limits.ts';
import type { AcceptedType } from './sniff.ts';

/** Counts no further than one more than `maxFrames`; what is cut off or wrong ends the count. */
type Count = (bytes: Uint8Array, data: DataView) => number;

const webpFrames: Count = (bytes, data) => {
  let frames = 0;
  for (let at = 12; at + 8 <= bytes.byteLength && frames <= maxFrames; ) {
    if (data.getUint32(at) === 0x41_4e_4d_46) frames += 1;
    const length = data.getUint32(at + 4, true);
    at += 8 + length + (length % 2);
  }
  return frames;
};

/** Behind blocks of up to 255 bytes, each with its length in front; an empty one ends them. */
const behindBlocks = (bytes: Uint8Array, from: number): number => {
  let at = from;
  while (at < bytes.byteLength && bytes[at] !== 0) at += 1 + (bytes[at] ?? 0);
  return at + 1;
};

/** The bytes of a colour table, by the flags that announce it. */
const tableLength = (flags: number): number => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);

const gifFrames: Count = (bytes) => {
  let frames = 0;
  let at = 13 + tableLength(bytes[10] ?? 0);
  while (at < bytes.byteLength && frames <= maxFrames) {
    if (bytes[at] === 0x21) {
      at = behindBlocks(bytes, at + 2);
    } else if (bytes[at] === 0x2c) {
      frames += 1;
      at = behindBlocks(bytes, at + 11 + tableLength(bytes[at + 9] ?? 0));
    } else {
      return frames;
    }
  }
  return frames;
};

const tiffPages: Count = (bytes, data) => {
  const little = bytes[0] === 0x49;
  const large = data.getUint16(2, little) === 43;
  const place = (at: number): number => (large ? Number(data.getBigUint64(at, little)) : data.getUint32(at, little));
  const [countBytes, entryBytes, placeBytes] = large ? [8, 20, 8] : [2, 12, 4];
  const seen = new Set<number>();
  let next = place(placeBytes);
  while (next !== 0 && !seen.has(next) && seen.size <= maxFrames && next + countBytes <= bytes.byteLength) {
    seen.add(next);
    const entries = large ? place(next) : data.getUint16(next, little);
    const link = next + countBytes + entries * entryBytes;
    if (link + placeBytes > bytes.byteLength) break;
    next = place(link);
  }
  return seen.size;
};

const counts: Partial<Record<AcceptedType, Count>> = {
  'image/webp': webpFrames,
  'image/gif': gifFrames,
  'image/tiff': tiffPages,
};

/** Each unpacks to as much as 8 MB. Programs write five at most. */
const mostPackedTexts = 16;
/** EXIF, XMP, workflows, profiles: a decoder takes ten times as much memory. */
const mostMetadataBytes = 8 * 1024 * 1024;
const metadataChunks = ['eXIf', 'iCCP', 'iTXt', 'tEXt', 'zTXt'].map((name) => Buffer.from(name).readUInt32BE());
const [, , iTXt, , zTXt] = metadataChunks;

/** A keyword of up to 79 characters, a zero, and whether the rest is packed. */
const isPackedText = (bytes: Uint8Array, name: number, at: number): boolean =>
  name === zTXt || (name === iTXt && bytes[bytes.indexOf(0, at) + 1] === 1);

const checkPng = (bytes: Uint8Array, data: DataView): void => {
  let [texts, metadata] = [0, 0];
  for (let at = 8; at + 8 <= bytes.byteLength; at += 12 + data.getUint32(at)) {
    const name = data.getUint32(at + 4);
    if (!metadataChunks.includes(name)) continue;
    metadata += data.getUint32(at);
    if (isPackedText(bytes, name, at + 8)) texts += 1;
    if (texts > mostPackedTexts || metadata > mostMetadataBytes) {
      throw unprocessable('The image carries too much beside its pixels. Save it without metadata and send it again.');
    }
  }
};

/** The types that `checkParts` can tell something about. */
export const hasParts = (type: AcceptedType): boolean => type === 'image/png' || type in counts;

/** Of a whole file, or of its first bytes. */
export const checkParts = (bytes: Uint8Array, type: AcceptedType): void => {
  if (bytes.byteLength < 16) return;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === 'image/png') checkPng(bytes, data);
  if ((counts[type]?.(bytes, data) ?? 0) > maxFrames) {
    throw unprocessable(
      `The image has more than ${maxFrames} frames; at most ${maxFrames} are accepted. Send the first one alone.`,
    );
  }
};
