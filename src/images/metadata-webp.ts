/** WebP files of one picture's pixels alone. https://developers.google.com/speed/webp/docs/riff_container */
import type { CodedRanges } from './metadata.ts';

interface Chunk {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** All chunks, or null where one does not fit, its padding is not empty, or the sizes do not come out even. */
const chunksOf = (bytes: Uint8Array, data: DataView): Chunk[] | null => {
  if (bytes.byteLength < 12 || data.getUint32(4, true) + 8 !== bytes.byteLength) return null;
  const chunks: Chunk[] = [];
  let at = 12;
  while (at + 8 <= bytes.byteLength) {
    const start = at + 8;
    const end = start + data.getUint32(at + 4, true);
    chunks.push({ name: String.fromCharCode(...bytes.subarray(at, at + 4)), start, end });
    at = end + ((end - start) % 2);
    if (at > end && bytes[end] !== 0) return null;
  }
  return at === bytes.byteLength ? chunks : null;
};

const alphaFlag = 0x10;
const uint24 = (data: DataView, at: number): number => data.getUint16(at, true) | (data.getUint8(at + 2) << 16);

/** The extended header may promise alpha, and no more. */
const isBareExtension = (data: DataView, { start, end }: Chunk): boolean =>
  end - start === 10 && (data.getUint8(start) & ~alphaFlag) === 0 && uint24(data, start + 1) === 0;

/** The start code of a key frame that is shown; the part with the modes fits. */
const isLossy = (data: DataView, { name, start, end }: Chunk): boolean => {
  if (name !== 'VP8 ' || end - start < 10) return false;
  const tag = uint24(data, start);
  return (tag & 0x11) === 0x10 && 10 + (tag >> 5) <= end - start && uint24(data, start + 3) === 0x2a019d;
};
const isLossless = (data: DataView, { name, start, end }: Chunk): boolean =>
  name === 'VP8L' && end - start > 5 && data.getUint8(start) === 0x2f;

export const codedInPlainWebp = (bytes: Uint8Array): CodedRanges | null => {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = chunksOf(bytes, data);
  if (chunks === null) return null;
  const extension = chunks[0]?.name === 'VP8X' ? chunks.shift() : undefined;
  if (extension !== undefined && !isBareExtension(data, extension)) return null;
  const alpha = extension !== undefined && chunks[0]?.name === 'ALPH' ? chunks.shift() : undefined;
  const [pixels, ...more] = chunks;
  if (pixels === undefined || more.length > 0) return null;
  if (!isLossy(data, pixels) && (alpha !== undefined || !isLossless(data, pixels))) return null;
  return [alpha, pixels].flatMap((chunk) => (chunk === undefined ? [] : [[chunk.start, chunk.end] as const]));
};
