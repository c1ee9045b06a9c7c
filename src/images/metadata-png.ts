/** PNG files of pixels alone. https://www.w3.org/TR/png-3/ */
import { crc32, inflateSync } from 'node:zlib';
import type { CodedRanges } from './metadata.ts';

interface Chunk {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** All chunks, or null where one does not fit, its checksum is wrong, or something stands behind the last. */
const chunksOf = (bytes: Uint8Array, data: DataView): Chunk[] | null => {
  const chunks: Chunk[] = [];
  let at = 8;
  while (at + 12 <= bytes.byteLength) {
    const start = at + 8;
    const end = start + data.getUint32(at);
    if (end + 4 > bytes.byteLength || crc32(bytes.subarray(at + 4, end)) !== data.getUint32(end)) return null;
    chunks.push({ name: String.fromCharCode(...bytes.subarray(at + 4, start)), start, end });
    at = end + 4;
  }
  return at === bytes.byteLength ? chunks : null;
};

/** How many samples a pixel has, by the header's colour type; palettes have room for text of their own. */
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };

/** Bytes of the unpacked pixels with the filter byte of each row; null for what results do not need. */
const unpackedLength = (data: DataView, { name, start, end }: Chunk): number | null => {
  if (name !== 'IHDR' || end - start !== 13) return null;
  const perPixel = samples[data.getUint8(start + 9)];
  const [bits, interlaced] = [data.getUint8(start + 8), data.getUint8(start + 12)];
  if (perPixel === undefined || bits !== 8 || interlaced !== 0) return null;
  return data.getUint32(start + 4) * (data.getUint32(start) * perPixel + 1);
};

/** sRGB's intent; and pixels that are as wide as high. */
const isHarmless = (data: DataView, { name, start, end }: Chunk): boolean =>
  (name === 'sRGB' && end - start === 1) ||
  (name === 'pHYs' && end - start === 9 && data.getUint32(start) === data.getUint32(start + 4));

/** More is not unpacked at once. */
const mostUnpacked = 80 * 1024 * 1024;

/** Whether the packed pixels are as many as the header says, and nothing stands behind them. */
const isExact = (packed: Uint8Array, length: number): boolean => {
  if (length > mostUnpacked) return false;
  try {
    const { buffer, engine } = inflateSync(packed, {
      info: true,
      maxOutputLength: length,
      chunkSize: length + 64,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return buffer.byteLength === length && engine.bytesWritten === packed.byteLength;
  } catch {
    return false;
  }
};

export const codedInPlainPng = (bytes: Uint8Array): CodedRanges | null => {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = chunksOf(bytes, data);
  const [header, ...rest] = chunks ?? [];
  const end = rest.pop();
  if (header === undefined || end === undefined || end.name !== 'IEND' || end.end !== end.start) return null;
  const length = unpackedLength(data, header);
  const first = rest.findIndex(({ name }) => name === 'IDAT');
  const front = rest.slice(0, first);
  const coded = rest.slice(first);
  if (length === null || first === -1 || !front.every((chunk) => isHarmless(data, chunk))) return null;
  if (new Set(front.map(({ name }) => name)).size !== front.length) return null;
  if (!coded.every(({ name }) => name === 'IDAT')) return null;
  const packed = Buffer.concat(coded.map((chunk) => bytes.subarray(chunk.start, chunk.end)));
  // Exact, so that nothing can stand behind the pixels.
  return isExact(packed, length) ? [] : null;
};
