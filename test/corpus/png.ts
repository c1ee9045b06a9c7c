/** PNG files chunk by chunk, right and wrong. https://www.w3.org/TR/png-3/ */
import { crc32, deflateSync } from 'node:zlib';

export const pngSignature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** `length` and `crc` may lie. */
export const pngChunk = (name: string, data: Uint8Array, { length = data.byteLength, crc = NaN } = {}): Buffer => {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(Number.isNaN(crc) ? crc32(body) : crc);
  return Buffer.concat([head, body, tail]);
};

export const pngColours = { grey: 0, rgb: 2, palette: 3, greyAlpha: 4, rgba: 6 } as const;

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bits?: 1 | 2 | 4 | 8 | 16;
  readonly colours?: keyof typeof pngColours;
  readonly interlaced?: boolean;
}

export const pngHeader = ({ width, height, bits = 8, colours = 'rgb', interlaced = false }: PngHeader): Buffer => {
  const data = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, bits, pngColours[colours], 0, 0, interlaced ? 1 : 0]);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  return pngChunk('IHDR', data);
};

/** A whole PNG from its header, the chunks in front of the pixels, and the compressed pixels. */
export const pngOf = (header: PngHeader, before: readonly Buffer[], compressed: Uint8Array): Buffer =>
  Buffer.concat([
    pngSignature,
    pngHeader(header),
    ...before,
    pngChunk('IDAT', compressed),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);

/** Packs samples of less than eight bits, each row from a byte of its own, behind filter bytes. */
export const pngRows = (
  width: number,
  height: number,
  bits: 1 | 2 | 4 | 8,
  sampleAt: (x: number, y: number) => number,
) => {
  const stride = 1 + Math.ceil((width * bits) / 8);
  const rows = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const bit = x * bits;
      const at = y * stride + 1 + (bit >> 3);
      rows[at] = (rows[at] ?? 0) | (sampleAt(x, y) << (8 - bits - (bit & 7)));
    }
  }
  return deflateSync(rows);
};

/** The chunks of a PNG: what a reader sees, profiles and texts still packed. */
export function* pngChunksOf(png: Buffer): Generator<{ name: string; data: Buffer }> {
  for (let at = 8; at + 12 <= png.byteLength; ) {
    const length = png.readUInt32BE(at);
    yield { name: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += 12 + length;
  }
}
