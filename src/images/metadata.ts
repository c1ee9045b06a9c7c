/**
 * Finds out whether a file holds pixels and nothing else, by walking its parts. Parts are allowed by name, so that an
 * unknown one counts as metadata: text, EXIF, XMP, profiles, embedded workflows, and anything behind the end.
 */

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const fourCharacters = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** Pixels, palette, and how their colours and size are meant. */
const plainPngChunks = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND', 'sRGB', 'sBIT', 'pHYs', 'bKGD'];

const isPlainPng = (bytes: Uint8Array): boolean => {
  const data = view(bytes);
  let at = 8;
  while (at + 12 <= bytes.byteLength) {
    const name = fourCharacters(bytes, at + 4);
    if (!plainPngChunks.includes(name)) return false;
    at += 12 + data.getUint32(at);
    if (name === 'IEND') return at === bytes.byteLength;
  }
  return false;
};

const plainWebpChunks = ['VP8 ', 'VP8L', 'VP8X', 'ALPH'];

const isPlainWebp = (bytes: Uint8Array): boolean => {
  const data = view(bytes);
  let at = 12;
  while (at + 8 <= bytes.byteLength) {
    if (!plainWebpChunks.includes(fourCharacters(bytes, at))) return false;
    const length = data.getUint32(at + 4, true);
    at += 8 + length + (length % 2);
  }
  return at === bytes.byteLength && data.getUint32(4, true) + 8 === bytes.byteLength;
};

const startOfScan = 0xda;
const endOfImage = 0xd9;
/** Tables, frames, restarts and scans; JFIF (APP0) and Adobe's colour transform (APP14). */
const isPlainJpegMarker = (marker: number): boolean =>
  (marker >= 0xc0 && marker <= 0xcf) || (marker >= 0xda && marker <= 0xdd) || marker === 0xe0 || marker === 0xee;

/** Skips entropy-coded data to the marker behind it: `ff 00` is data, `ff d0`–`ff d7` are restarts. */
const behindScan = (bytes: Uint8Array, from: number): number => {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return bytes.byteLength;
};

/** JFIF may carry a thumbnail, which can show what was cut away; a JFXX extension is one. */
const isBareJfif = (bytes: Uint8Array, at: number, length: number): boolean =>
  length === 16 && fourCharacters(bytes, at + 4) === 'JFIF';

const isPlainJpeg = (bytes: Uint8Array): boolean => {
  const data = view(bytes);
  let at = 2;
  while (at + 4 <= bytes.byteLength + 2 && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === endOfImage) return at + 2 === bytes.byteLength;
    if (!isPlainJpegMarker(marker) || at + 4 > bytes.byteLength) return false;
    const length = data.getUint16(at + 2);
    if (marker === 0xe0 && !isBareJfif(bytes, at, length)) return false;
    at += 2 + length;
    if (marker === startOfScan) at = behindScan(bytes, at);
  }
  return false;
};

const walkers: Readonly<Record<string, (bytes: Uint8Array) => boolean>> = {
  'image/png': isPlainPng,
  'image/webp': isPlainWebp,
  'image/jpeg': isPlainJpeg,
};

/** False for types it cannot walk. Says nothing about whether the pixels decode. */
export const isPlainFile = (bytes: Uint8Array, contentType: string): boolean => walkers[contentType]?.(bytes) ?? false;
