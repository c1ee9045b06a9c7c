/** GIF files block by block. https://www.w3.org/Graphics/GIF/spec-gif89a.txt */

export interface GifFrame {
  readonly left?: number;
  readonly top?: number;
  readonly width: number;
  readonly height: number;
  /** Index into the palette of each pixel; a function of the place. */
  readonly indexAt: (x: number, y: number) => number;
  /** The index that shows nothing. */
  readonly transparent?: number;
  readonly interlaced?: boolean;
}

export interface GifCanvas {
  readonly width: number;
  readonly height: number;
  /** Four colours, as red, green and blue. */
  readonly palette: readonly (readonly number[])[];
}

const uint16 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, index * 2);
  return bytes;
};

const subBlocks = (data: Uint8Array): Buffer => {
  const blocks: Buffer[] = [];
  for (let at = 0; at < data.byteLength; at += 255) {
    const block = data.subarray(at, at + 255);
    blocks.push(Buffer.from([block.byteLength]), Buffer.from(block));
  }
  return Buffer.concat([...blocks, Buffer.from([0])]);
};

export const gifExtension = (label: number, data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([0x21, label]), subBlocks(data)]);
export const gifComment = (text: string): Buffer => gifExtension(0xfe, Buffer.from(text));

/** LZW of two-bit indices that never grows its table: a clear code in front of every second one. */
const uncompressed = (indices: Iterable<number>): Buffer => {
  const bytes: number[] = [];
  let [bits, held, since] = [0, 0, 2];
  const put = (code: number): void => {
    held |= code << bits;
    for (bits += 3; bits >= 8; bits -= 8) {
      bytes.push(held & 255);
      held >>= 8;
    }
  };
  for (const index of indices) {
    if (since === 2) put(4);
    since = since === 2 ? 1 : since + 1;
    put(index);
  }
  put(5);
  if (bits > 0) bytes.push(held & 255);
  return Buffer.from(bytes);
};

/** GIF's rows in the order in which an interlaced one has them. */
const rowOrder = (height: number, interlaced: boolean): number[] =>
  (interlaced
    ? [
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ]
    : [[0, 1]]
  ).flatMap(([from = 0, step = 1]) =>
    Array.from({ length: Math.ceil(Math.max(0, height - from) / step) }, (_, index) => from + index * step),
  );

export const gifFrame = (frame: GifFrame): Buffer => {
  const { left = 0, top = 0, width, height, indexAt, transparent, interlaced = false } = frame;
  function* indices() {
    for (const y of rowOrder(height, interlaced)) for (let x = 0; x < width; x += 1) yield indexAt(x, y);
  }
  const control = Buffer.from([0x21, 0xf9, 4, transparent === undefined ? 4 : 5, 4, 0, transparent ?? 0, 0]);
  const descriptor = Buffer.concat([
    Buffer.from(','),
    uint16(left, top, width, height),
    Buffer.from([interlaced ? 64 : 0]),
  ]);
  return Buffer.concat([control, descriptor, Buffer.from([2]), subBlocks(uncompressed(indices()))]);
};

export const gifOf = ({ width, height, palette }: GifCanvas, blocks: readonly Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.from('GIF89a'),
    uint16(width, height),
    Buffer.from([0x91, 0, 0]),
    Buffer.from(palette.flat()),
    ...blocks,
    Buffer.from(';'),
  ]);
