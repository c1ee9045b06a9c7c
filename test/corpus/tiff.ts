/** TIFF files of any kind: both byte orders, strips and tiles, many directories, and ones that lie. */

export const tiffTypes = { byte: 1, ascii: 2, short: 3, long: 4, rational: 5, undefined: 7 } as const;
const sizes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };

export interface TiffField {
  readonly tag: number;
  readonly type: keyof typeof tiffTypes;
  readonly values: readonly number[] | Uint8Array;
  /** Lies about how many values there are. */
  readonly count?: number;
  /** Stands in place of the values, as where they are. */
  readonly offset?: number;
}

export interface TiffDirectory {
  readonly fields: readonly TiffField[];
  /** Strips or tiles; `stripTags` say where each came to be. */
  readonly pieces?: readonly Uint8Array[];
  readonly tiled?: boolean;
  /** Place of the next directory, where it is not the one that follows. */
  readonly next?: number;
}

/** Writes numbers in one byte order at the end of a growing file. */
class Writer {
  readonly #parts: Buffer[] = [];
  readonly big: boolean;
  at = 0;

  constructor(big: boolean) {
    this.big = big;
  }

  put(...parts: readonly Uint8Array[]): number {
    const start = this.at;
    for (const part of parts) {
      this.#parts.push(Buffer.from(part));
      this.at += part.byteLength;
    }
    if (this.at % 2 === 1) this.put(Buffer.alloc(1));
    return start;
  }

  numbers(size: number, values: readonly number[] | Uint8Array): Buffer {
    const bytes = Buffer.alloc(values.length * size);
    for (const [index, value] of values.entries()) {
      if (size === 1) bytes[index] = value;
      else if (this.big) bytes.writeUIntBE(value, index * size, size);
      else bytes.writeUIntLE(value, index * size, size);
    }
    return bytes;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

const encodeValues = (writer: Writer, { type, values }: TiffField): Buffer =>
  type === 'rational' ? writer.numbers(4, values) : writer.numbers(sizes[tiffTypes[type]] ?? 1, values);

const fieldBytes = (writer: Writer, field: TiffField): Buffer => {
  const { tag, type, values, count, offset } = field;
  const data = encodeValues(writer, field);
  const held = type === 'rational' ? values.length / 2 : values.length;
  const value =
    offset !== undefined
      ? writer.numbers(4, [offset])
      : data.byteLength <= 4
        ? Buffer.concat([data, Buffer.alloc(4 - data.byteLength)])
        : writer.numbers(4, [writer.put(data)]);
  return Buffer.concat([writer.numbers(2, [tag, tiffTypes[type]]), writer.numbers(4, [count ?? held]), value]);
};

/** Pixels and long values first, then the directory that names them. Gives where the directory is. */
const putDirectory = (writer: Writer, { fields, pieces = [], tiled = false }: TiffDirectory): number => {
  const places = pieces.map((piece) => writer.put(piece));
  const pieceFields: TiffField[] =
    pieces.length === 0
      ? []
      : [
          { tag: tiled ? 324 : 273, type: 'long', values: places },
          { tag: tiled ? 325 : 279, type: 'long', values: pieces.map(({ byteLength }) => byteLength) },
        ];
  const all = [...fields, ...pieceFields].sort((one, other) => one.tag - other.tag);
  const entries = all.map((field) => fieldBytes(writer, field));
  return writer.put(writer.numbers(2, [entries.length]), ...entries);
};

export const tiffOf = (directories: readonly TiffDirectory[], { big = false } = {}): Buffer => {
  const writer = new Writer(big);
  writer.put(Buffer.from(big ? 'MM\0*' : 'II*\0', 'latin1'), Buffer.alloc(4));
  const links: [at: number, to: number][] = [];
  let link = 4;
  for (const directory of directories) {
    const start = putDirectory(writer, directory);
    links.push([link, start]);
    link = writer.put(writer.numbers(4, [directory.next ?? 0]));
    if (directory.next !== undefined) break;
  }
  const file = writer.done();
  for (const [at, to] of links) file.set(writer.numbers(4, [to]), at);
  return file;
};

export interface TiffPicture {
  readonly width: number;
  readonly height: number;
  readonly bits: readonly number[];
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 Lab. */
  readonly photometric: number;
  readonly pieces: readonly Uint8Array[];
  readonly rowsPerStrip?: number;
  readonly tile?: readonly [width: number, height: number];
  readonly more?: readonly TiffField[];
}

/** The fields that every picture has. */
export const tiffPicture = (picture: TiffPicture): TiffDirectory => {
  const { width, height, bits, photometric, pieces, rowsPerStrip = height, tile, more = [] } = picture;
  const layout: TiffField[] =
    tile === undefined
      ? [{ tag: 278, type: 'long', values: [rowsPerStrip] }]
      : [
          { tag: 322, type: 'long', values: [tile[0]] },
          { tag: 323, type: 'long', values: [tile[1]] },
        ];
  return {
    pieces,
    tiled: tile !== undefined,
    fields: [
      { tag: 256, type: 'long', values: [width] },
      { tag: 257, type: 'long', values: [height] },
      { tag: 258, type: 'short', values: bits },
      { tag: 259, type: 'short', values: [1] },
      { tag: 262, type: 'short', values: [photometric] },
      { tag: 277, type: 'short', values: [bits.length] },
      ...layout,
      ...more,
    ],
  };
};
