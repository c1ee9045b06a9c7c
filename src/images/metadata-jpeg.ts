/** JPEG files of one picture's pixels alone. https://www.w3.org/Graphics/JPEG/itu-t81.pdf */
import type { CodedRanges } from './metadata.ts';

const marker = {
  sof0: 0xc0,
  sof2: 0xc2,
  dht: 0xc4,
  eoi: 0xd9,
  sos: 0xda,
  dqt: 0xdb,
  dri: 0xdd,
  app0: 0xe0,
  app14: 0xee,
};
/** Encoders write about ten. */
const mostScans = 32;

/** What was seen of the file so far. */
interface Seen {
  /** Segments that may come once, and tables by kind and number; those for a scan begin anew with the next. */
  readonly once: Set<string>;
  readonly scans: [start: number, end: number][];
  restarts: boolean;
}

const text = (data: DataView, at: number, length: number): string =>
  String.fromCharCode(...new Uint8Array(data.buffer, data.byteOffset + at, length));

const first = (once: Set<string>, name: string): boolean => {
  if (once.has(name)) return false;
  once.add(name);
  return true;
};

/** Tables one after the other, each behind a byte that tells its kind and number. */
const areTables = (
  data: DataView,
  start: number,
  end: number,
  lengthAt: (at: number) => number,
  isNew: (id: number) => boolean,
): boolean => {
  let at = start;
  while (at < end) {
    if (!isNew(data.getUint8(at))) return false;
    at += lengthAt(at);
  }
  return at === end;
};

const huffmanLength = (data: DataView, end: number) => (at: number) => {
  let length = 17;
  for (let code = at + 1; code <= at + 16 && code < end; code += 1) length += data.getUint8(code);
  return length;
};

/** Whether a segment is one that pixels need, of the right size. JFIF may carry a thumbnail: what was cut away. */
const isNeeded = (data: DataView, kind: number, start: number, end: number, { once }: Seen): boolean => {
  const length = end - start;
  switch (kind) {
    case marker.app0:
      return start === 6 && length === 14 && text(data, start, 5) === 'JFIF\0' && data.getUint16(start + 12) === 0;
    case marker.app14:
      return length === 12 && text(data, start, 5) === 'Adobe' && first(once, 'app14');
    case marker.dqt:
      return areTables(
        data,
        start,
        end,
        (at) => (data.getUint8(at) > 15 ? 129 : 65),
        (id) => (id & 0xec) === 0 && first(once, `quantisation ${id & 3}`),
      );
    case marker.dht:
      return areTables(
        data,
        start,
        end,
        huffmanLength(data, end),
        (id) => (id & 0xec) === 0 && first(once, `huffman ${id}`),
      );
    case marker.dri:
      return length === 2 && first(once, 'dri');
    case marker.sos:
      return length === 4 + 2 * data.getUint8(start) && once.has('frame');
    default: {
      if (kind < marker.sof0 || kind > marker.sof2 || length < 9) return false;
      // Four colours are ink, whose colours are not sRGB's.
      const colours = data.getUint8(start + 5);
      const isPicture = data.getUint8(start) === 8 && (colours === 1 || colours === 3) && data.getUint16(start + 1) > 0;
      return isPicture && length === 6 + 3 * colours && first(once, 'frame');
    }
  }
};

/** Coded data up to the next marker: `ff 00` is data, `ff d0`–`ff d7` are restarts, in turn. Null for anything else. */
const endOfScan = (bytes: Uint8Array, from: number, restarts: boolean): number | null => {
  let expected = 0xd0;
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 2)) {
    const next = bytes[at + 1] ?? 0;
    if (next === 0) continue;
    if (next < 0xd0 || next > 0xd7) return at;
    if (!restarts || next !== expected) return null;
    expected = next === 0xd7 ? 0xd0 : next + 1;
  }
  return null;
};

export const codedInPlainJpeg = (bytes: Uint8Array): CodedRanges | null => {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const seen: Seen = { once: new Set(), scans: [], restarts: false };
  let at = 2;
  while (at + 4 <= bytes.byteLength && bytes[at] === 0xff) {
    const kind = bytes[at + 1] ?? 0;
    const start = at + 4;
    const end = at + 2 + data.getUint16(at + 2);
    if (end > bytes.byteLength || end < start || !isNeeded(data, kind, start, end, seen)) return null;
    at = end;
    if (kind === marker.dri) seen.restarts = data.getUint16(start) > 0;
    if (kind !== marker.sos) continue;
    const scanEnd = endOfScan(bytes, end, seen.restarts);
    if (scanEnd === null || seen.scans.push([end, scanEnd]) > mostScans) return null;
    for (const name of seen.once) if (name.startsWith('huffman')) seen.once.delete(name);
    at = scanEnd;
  }
  const isEnd = at + 2 === bytes.byteLength && bytes[at] === 0xff && bytes[at + 1] === marker.eoi;
  return isEnd && seen.scans.length > 0 ? seen.scans : null;
};
