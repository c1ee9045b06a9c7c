/** JPEG files segment by segment, right and wrong. https://www.w3.org/Graphics/JPEG/itu-t81.pdf */

export const markers = { sof0: 0xc0, sof2: 0xc2, dht: 0xc4, sos: 0xda, dqt: 0xdb, dnl: 0xdc, dri: 0xdd, com: 0xfe };
export const startOfImage = Buffer.from([0xff, 0xd8]);
export const endOfImage = Buffer.from([0xff, 0xd9]);

export const jpegSegment = (marker: number, data: Uint8Array): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.byteLength + 2, 2);
  return Buffer.concat([head, data]);
};

/** More than a segment holds, in as many as it takes. */
export const jpegSegments = (
  marker: number,
  data: Uint8Array,
  prefix: (index: number, count: number) => Buffer,
): Buffer[] => {
  const most = 65_533 - prefix(0, 1).byteLength;
  const count = Math.ceil(data.byteLength / most);
  return Array.from({ length: count }, (_, index) =>
    jpegSegment(marker, Buffer.concat([prefix(index, count), data.subarray(index * most, (index + 1) * most)])),
  );
};

export interface JpegPart {
  readonly marker: number;
  readonly start: number;
  /** Behind its data; for a scan, behind what is coded too. */
  readonly end: number;
}

/** The segments of a well-made JPEG between start and end of the image. */
export function* jpegParts(jpeg: Buffer): Generator<JpegPart> {
  for (let start = 2; jpeg[start + 1] !== 0xd9; ) {
    const marker = jpeg[start + 1] ?? 0;
    let end = start + 2 + jpeg.readUInt16BE(start + 2);
    if (marker === markers.sos) {
      while (jpeg[end] !== 0xff || jpeg[end + 1] === 0 || ((jpeg[end + 1] ?? 0) & 0xf8) === 0xd0) end += 1;
    }
    yield { marker, start, end };
    start = end;
  }
}

const partsOf = (jpeg: Buffer, wanted: (marker: number) => boolean): Buffer[] =>
  [...jpegParts(jpeg)].filter(({ marker }) => wanted(marker)).map(({ start, end }) => jpeg.subarray(start, end));

/** What a decoder needs, without application segments and comments. */
export const bareJpeg = (jpeg: Buffer): Buffer =>
  Buffer.concat([startOfImage, ...partsOf(jpeg, (marker) => marker < 0xe0), endOfImage]);

/** Puts segments behind the start. */
export const withSegments = (jpeg: Buffer, ...segments: readonly Buffer[]): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);

/** Sends all scans that come after the first so many times. */
export const withRepeatedScans = (progressive: Buffer, times: number): Buffer => {
  const parts = [...jpegParts(progressive)];
  const first = parts.findIndex(({ marker }) => marker === markers.sos);
  const end = parts.at(-1)?.end ?? 0;
  const rest = progressive.subarray(parts[first + 1]?.start ?? end, end);
  return Buffer.concat([progressive.subarray(0, end), ...Array.from({ length: times }, () => rest), endOfImage]);
};
