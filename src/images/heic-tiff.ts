/** An uncompressed TIFF around pixels that lie in memory already, so that a large picture is not held twice. */

export interface Rows {
  readonly width: number;
  readonly height: number;
  /** Of 8 bits each, in turn: RGB or RGBA, alpha not multiplied in. */
  readonly channels: 3 | 4;
  /** Where the first row is, and how far it is from one to the next. */
  readonly start: number;
  readonly stride: number;
}

export interface TiffPlaces {
  /** Eight bytes in front of all else: where the file begins. */
  readonly header: number;
  /** As many bytes as `directoryBytes` says. */
  readonly directory: number;
}

const short = 3;
const long = 4;
const undefinedBytes = 7;
const rgb = 2;
const unassociatedAlpha = 2;
const entryCount = 12;

const directoryLength = 2 + entryCount * 12 + 4;

export const directoryBytes = (rows: Rows, profileBytes: number): number =>
  directoryLength + 8 + rows.height * 8 + profileBytes;

/** Writes header and directory into the memory; the file is what lies between the two, pixels included. */
export const writeTiff = (memory: Uint8Array, rows: Rows, profile: Uint8Array, places: TiffPlaces): Uint8Array => {
  const { width, height, channels, start, stride } = rows;
  const directory = places.directory - places.header;
  const bits = directory + directoryLength;
  const offsets = bits + 8;
  const counts = offsets + height * 4;
  const profileAt = counts + height * 4;
  const end = Math.max(profileAt + profile.byteLength, start - places.header + height * stride);
  const file = memory.subarray(places.header, places.header + end);
  const data = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const entries: readonly (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, long, 1, width],
    [257, long, 1, height],
    [258, short, channels, bits],
    [259, short, 1, 1],
    [262, short, 1, rgb],
    [273, long, height, height === 1 ? start - places.header : offsets],
    [277, short, 1, channels],
    [278, long, 1, 1],
    [279, long, height, height === 1 ? width * channels : counts],
    [284, short, 1, 1],
    [338, short, channels - 3, unassociatedAlpha],
    [34_675, undefinedBytes, profile.byteLength, profileAt],
  ];
  const used = entries.filter(([, , count]) => count > 0);
  file.set([0x49, 0x49, 42, 0]);
  data.setUint32(4, directory, true);
  data.setUint16(directory, used.length, true);
  for (const [index, [tag, type, count, value]] of used.entries()) {
    const at = directory + 2 + index * 12;
    data.setUint16(at, tag, true);
    data.setUint16(at + 2, type, true);
    data.setUint32(at + 4, count, true);
    data.setUint32(at + 8, value, true);
  }
  data.setUint32(directory + 2 + used.length * 12, 0, true);
  for (let channel = 0; channel < channels; channel += 1) data.setUint16(bits + channel * 2, 8, true);
  for (let row = 0; row < height; row += 1) {
    data.setUint32(offsets + row * 4, start - places.header + row * stride, true);
    data.setUint32(counts + row * 4, width * channels, true);
  }
  file.set(profile, profileAt);
  return file;
};
