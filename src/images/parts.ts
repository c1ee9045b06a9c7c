/**
 * Looks at a file's parts before a decoder does, and refuses what would keep one busy by its header alone: 27 s for a
 * WebP of 100,000 frames in 9 MB, 11 s and 2 GB for a PNG with 500 packed texts in 4 MB, 10 s for 500 scans of a JPEG.
 */
import { inflateSync } from 'node:zlib';
import { unprocessable } from './accepted.ts';
import { maxFrames } from './limits.ts';
import type { AcceptedType } from './sniff.ts';

/** Counts no further than one more than `maxFrames`; what is cut off or wrong ends the count. */
type Count = (file: Buffer) => number;

const webpFrames: Count = (file) => {
  let frames = 0;
  for (let at = 12; at + 8 <= file.byteLength && frames <= maxFrames; ) {
    if (file.readUInt32BE(at) === 0x41_4e_4d_46) frames += 1;
    const length = file.readUInt32LE(at + 4);
    at += 8 + length + (length % 2);
  }
  return frames;
};

/** Behind blocks of up to 255 bytes, each with its length in front; an empty one ends them. */
const behindBlocks = (file: Buffer, from: number): number => {
  let at = from;
  while (at < file.byteLength && file[at] !== 0) at += 1 + (file[at] ?? 0);
  return at + 1;
};

/** The bytes of a colour table, by the flags that announce it. */
const tableLength = (flags: number): number => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);

const gifFrames: Count = (file) => {
  let frames = 0;
  let at = 13 + tableLength(file[10] ?? 0);
  while (at < file.byteLength && frames <= maxFrames) {
    if (file[at] === 0x21) {
      at = behindBlocks(file, at + 2);
    } else if (file[at] === 0x2c) {
      frames += 1;
      at = behindBlocks(file, at + 11 + tableLength(file[at + 9] ?? 0));
    } else {
      return frames;
    }
  }
  return frames;
};

const tiffPages: Count = (file) => {
  const data = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = file[0] === 0x49;
  const large = data.getUint16(2, little) === 43;
  const place = (at: number): number => (large ? Number(data.getBigUint64(at, little)) : data.getUint32(at, little));
  const [countBytes, entryBytes, placeBytes] = large ? [8, 20, 8] : [2, 12, 4];
  const seen = new Set<number>();
  let next = place(placeBytes);
  while (next !== 0 && !seen.has(next) && seen.size <= maxFrames && next + countBytes <= file.byteLength) {
    seen.add(next);
    const entries = large ? place(next) : data.getUint16(next, little);
    const link = next + countBytes + entries * entryBytes;
    if (link + placeBytes > file.byteLength) break;
    next = place(link);
  }
  return seen.size;
};

const counts: Partial<Record<AcceptedType, Count>> = {
  'image/webp': webpFrames,
  'image/gif': gifFrames,
  'image/tiff': tiffPages,
};

/** EXIF, XMP, workflows, profiles, unpacked: a decoder takes ten times as much memory. */
const mostMetadataBytes = 8 * 1024 * 1024;
/** Programs write five at most. */
const mostPackedTexts = 100;

/** Where the packed bytes of a text or profile begin; null where they are not packed. */
const packedStart: Readonly<Record<string, (chunk: Buffer) => number | null>> = {
  zTXt: (chunk) => chunk.indexOf(0) + 2,
  iCCP: (chunk) => chunk.indexOf(0) + 2,
  iTXt: (chunk) => {
    const flag = chunk.indexOf(0) + 1;
    return chunk[flag] === 1 ? chunk.indexOf(0, chunk.indexOf(0, flag + 2) + 1) + 1 : null;
  },
  tEXt: () => null,
  eXIf: () => null,
};

/** Bytes that a chunk unpacks to, as far as `most`. */
const unpackedLength = (packed: Buffer, most: number): number => {
  try {
    return inflateSync(packed, { maxOutputLength: most }).byteLength;
  } catch (error) {
    // What is broken is passed over by decoders.
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? most + 1 : 0;
  }
};

const checkPng = (file: Buffer): void => {
  let [texts, metadata] = [0, 0];
  for (let at = 8; at + 8 <= file.byteLength; at += 12 + file.readUInt32BE(at)) {
    const find = packedStart[file.toString('latin1', at + 4, at + 8)];
    if (find === undefined) continue;
    const chunk = file.subarray(at + 8, at + 8 + file.readUInt32BE(at));
    const start = find(chunk);
    metadata += chunk.byteLength;
    if (start !== null) texts += 1;
    if (start !== null && metadata <= mostMetadataBytes && texts <= mostPackedTexts) {
      metadata += unpackedLength(chunk.subarray(start), mostMetadataBytes);
    }
    if (texts > mostPackedTexts || metadata > mostMetadataBytes) {
      throw unprocessable('The image carries too much beside its pixels. Save it without metadata and send it again.');
    }
  }
};

/** Each goes over all pixels once more: 500 take ten seconds. Encoders write about ten. */
const mostScans = 100;

const [startOfImage, endOfImage, startOfScan] = [0xd8, 0xd9, 0xda];
/** These stand alone; all others say their length. */
const isBare = (marker: number): boolean =>
  marker === 1 || (marker >= 0xd0 && marker <= startOfImage) || marker === 0xff;

/** Behind the coded data of a scan: the next marker that is no restart. */
const behindCodedData = (file: Buffer, from: number): number => {
  for (let at = file.indexOf(0xff, from); at !== -1; at = file.indexOf(0xff, at + 1)) {
    const next = file[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return file.byteLength;
};

/** What stands behind the picture, such as the film of a phone's moving photo, is none of it. */
const jpegScans = (file: Buffer): number => {
  let scans = 0;
  for (let at = 2; at + 4 <= file.byteLength && file[at] === 0xff && scans <= mostScans; ) {
    const marker = file[at + 1] ?? 0;
    if (marker === endOfImage) return scans;
    at += isBare(marker) ? (marker === 0xff ? 1 : 2) : 2 + file.readUInt16BE(at + 2);
    if (marker !== startOfScan) continue;
    scans += 1;
    at = behindCodedData(file, at);
  }
  return scans;
};

const checkJpeg = (file: Buffer): void => {
  if (jpegScans(file) > mostScans)
    throw unprocessable(
      `The image has more than ${mostScans} scans. Save it as a JPEG that is not progressive, or as PNG.`,
    );
};

/** The types that `checkParts` can tell something about. */
export const hasParts = (type: AcceptedType): boolean =>
  type === 'image/png' || type === 'image/jpeg' || type in counts;

/** Of a whole file, or of its first bytes. */
export const checkParts = (bytes: Uint8Array, type: AcceptedType): void => {
  if (bytes.byteLength < 16) return;
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === 'image/png') checkPng(file);
  if (type === 'image/jpeg') checkJpeg(file);
  if ((counts[type]?.(file) ?? 0) > maxFrames) {
    throw unprocessable(
      `The image has at least ${maxFrames + 1} frames; at most ${maxFrames} are accepted. Send the first one alone.`,
    );
  }
};
