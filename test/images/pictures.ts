/** Pictures that the tests draw, with every property an intake has to cope with. Nothing here is rendered from SVG. */
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

export interface Raw {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly pixels: Buffer;
}

/** Four quarters that no rotation or mirroring maps onto each other: red, green / blue, yellow. Wider than high. */
export const quarters = (width = 64, height = 48): Raw => {
  const colours = [
    [220, 30, 30],
    [30, 180, 40],
    [30, 40, 210],
    [230, 220, 40],
  ];
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = colours[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)] ?? [];
      pixels.set(colour, (y * width + x) * 3);
    }
  }
  return { width, height, channels: 3, pixels };
};

/** Looks like a photo to a compressor. */
export const noise = (width: number, height: number): Raw => {
  const pixels = Buffer.alloc(width * height * 3);
  let state = 1;
  for (let at = 0; at < pixels.byteLength; at += 1) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    pixels[at] = (((at / 3) % width) * 200) / width + ((state >> 16) & 31);
  }
  return { width, height, channels: 3, pixels };
};

export const from = ({ width, height, channels, pixels }: Raw): Sharp =>
  sharp(pixels, { raw: { width, height, channels } });

/** The colours in the middle of the four quarters of an encoded picture. */
export const quarterColours = async (bytes: Uint8Array): Promise<number[][]> => {
  const { data, info } = await sharp(bytes)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [0.25, 0.75].flatMap((down) =>
    [0.25, 0.75].map((across) => {
      const at = (Math.floor(down * info.height) * info.width + Math.floor(across * info.width)) * info.channels;
      return [...data.subarray(at, at + 3)];
    }),
  );
};

/** Largest difference of any channel in any quarter. */
export const colourDistance = (left: number[][], right: number[][]): number =>
  Math.max(
    ...left.flatMap((colour, index) =>
      colour.map((value, channel) => Math.abs(value - (right[index]?.[channel] ?? 999))),
    ),
  );

const pngChunk = (name: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const chunk = Buffer.alloc(8 + data.byteLength + 4);
  chunk.writeUInt32BE(data.byteLength, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), chunk.byteLength - 4);
  return chunk;
};

/** Puts chunks behind the header of a PNG. */
export const withPngChunks = (png: Buffer, ...chunks: readonly [name: string, data: Uint8Array][]): Buffer =>
  Buffer.concat([png.subarray(0, 33), ...chunks.map(([name, data]) => pngChunk(name, data)), png.subarray(33)]);

/** A PNG of any size, nearly empty. */
export const pngBomb = (width: number, height: number): Buffer => {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1000))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
};

/** Puts a segment behind the start of a JPEG. */
export const withJpegSegment = (jpeg: Buffer, marker: number, data: Uint8Array): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.byteLength + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)]);
};

/** Writes other dimensions into a JPEG's frame header. */
export const jpegOfSize = (jpeg: Buffer, width: number, height: number): Buffer => {
  const altered = Buffer.from(jpeg);
  const frame = altered.findIndex((byte, at) => byte === 0xff && altered[at + 1] === 0xc0);
  altered.writeUInt16BE(height, frame + 5);
  altered.writeUInt16BE(width, frame + 7);
  return altered;
};

const gainMapText =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" hdrgm:GainMapMin="0" hdrgm:GainMapMax="1" hdrgm:Gamma="1" hdrgm:OffsetSDR="0.015625" hdrgm:OffsetHDR="0.015625" hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="1" hdrgm:BaseRenditionIsHDR="False"/></rdf:RDF></x:xmpmeta>';

/** A JPEG as phones make them: with a second JPEG behind it that tells where the picture is brighter than white. */
export const withGainMap = async (picture: Raw): Promise<Buffer> => {
  const map = withJpegSegment(
    await from(picture).resize(32).greyscale().jpeg().toBuffer(),
    0xe1,
    Buffer.from(`http://ns.adobe.com/xap/1.0/\0${gainMapText}`),
  );
  const main = await from(picture).withXmp(gainMapText).jpeg({ quality: 95 }).toBuffer();
  return Buffer.concat([withJpegSegment(main, 0xe2, Buffer.from('MPF\0MM\0*\0\0\0\b\0\0\0\0\0\0', 'latin1')), map]);
};

/** A HEIC file's head is all that can be made here. */
export const heicHead = (): Buffer =>
  Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic', 'latin1'), Buffer.alloc(1000)]);

/** An uncompressed TIFF with samples of any kind, which sharp itself does not write. */
export const tiffOf = (
  width: number,
  height: number,
  { bits, sampleFormat, samples }: { bits: 8 | 32; sampleFormat: 1 | 3; samples: number },
): Buffer => {
  const data = Buffer.alloc(width * height * samples * (bits / 8));
  const entries = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, bits],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 8],
    [277, 3, samples],
    [278, 4, height],
    [279, 4, data.byteLength],
    [339, 3, sampleFormat],
  ] as const;
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length, 0);
  for (const [index, [tag, type, value]] of entries.entries()) {
    const at = 2 + index * 12;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(1, at + 4);
    directory.writeUInt32LE(value, at + 8);
  }
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(8 + data.byteLength, 4);
  return Buffer.concat([head, data, directory]);
};
