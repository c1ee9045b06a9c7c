/** A JPEG coder for pictures whose blocks of 8 x 8 are of one colour: components of any number and meaning, exact. */
import { endOfImage, jpegSegment, markers, startOfImage } from './jpeg.ts';

export interface FlatJpeg {
  readonly width: number;
  readonly height: number;
  /** Of a block, by column and row: each component from 0 to 255. */
  readonly colourAt: (column: number, row: number) => readonly number[];
  /** In front of the tables: JFIF, Adobe, anything. */
  readonly segments?: readonly Buffer[];
  /** Blocks between two restarts. */
  readonly restartEvery?: number;
}

class BitWriter {
  readonly #bytes: number[] = [];
  #held = 0;
  #bits = 0;

  put(value: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit -= 1) {
      this.#held = (this.#held << 1) | ((value >> bit) & 1);
      this.#bits += 1;
      if (this.#bits === 8) this.#flush();
    }
  }

  #flush(): void {
    this.#bytes.push(this.#held);
    if (this.#held === 0xff) this.#bytes.push(0);
    this.#held = 0;
    this.#bits = 0;
  }

  /** Fills the last byte with ones. */
  align(): void {
    while (this.#bits > 0) this.put(1, 1);
  }

  mark(marker: number): void {
    this.align();
    this.#bytes.push(0xff, marker);
  }

  done(): Buffer {
    this.align();
    return Buffer.from(this.#bytes);
  }
}

/** All twelve sizes of a difference have codes of four bits; a block without further coefficients ends by one bit. */
const tables = Buffer.concat([
  jpegSegment(markers.dqt, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)])),
  jpegSegment(markers.dht, Buffer.from([0, 0, 0, 0, 12, ...Array(12).fill(0), ...Array(12).keys()])),
  jpegSegment(markers.dht, Buffer.from([0x10, 1, ...Array(15).fill(0), 0])),
]);

const putDifference = (writer: BitWriter, difference: number): void => {
  const size = 32 - Math.clz32(Math.abs(difference));
  writer.put(size, 4);
  writer.put(difference < 0 ? difference - 1 : difference, size);
  writer.put(0, 1);
};

export const flatJpeg = ({ width, height, colourAt, segments = [], restartEvery = 0 }: FlatJpeg): Buffer => {
  const components = Array.from(colourAt(0, 0).keys());
  const frame = Buffer.from([8, 0, 0, 0, 0, components.length, ...components.flatMap((id) => [id + 1, 0x11, 0])]);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  const scan = Buffer.from([components.length, ...components.flatMap((id) => [id + 1, 0]), 0, 63, 0]);
  const writer = new BitWriter();
  let last = components.map(() => 0);
  const columns = Math.ceil(width / 8);
  for (let block = 0; block < columns * Math.ceil(height / 8); block += 1) {
    if (restartEvery > 0 && block > 0 && block % restartEvery === 0) {
      writer.mark(0xd0 + ((block / restartEvery - 1) & 7));
      last = components.map(() => 0);
    }
    const values = colourAt(block % columns, Math.floor(block / columns)).map((value) => (value - 128) * 8);
    for (const [id, value] of values.entries()) putDifference(writer, value - (last[id] ?? 0));
    last = values;
  }
  const restart =
    restartEvery > 0 ? [jpegSegment(markers.dri, Buffer.from([restartEvery >> 8, restartEvery & 255]))] : [];
  return Buffer.concat([
    startOfImage,
    ...segments,
    tables,
    jpegSegment(markers.sof0, frame),
    ...restart,
    jpegSegment(markers.sos, scan),
    writer.done(),
    endOfImage,
  ]);
};
