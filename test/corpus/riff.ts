/** RIFF files, WebP's container. https://developers.google.com/speed/webp/docs/riff_container */

export const riffChunk = (name: string, data: Uint8Array, { length = data.byteLength, padding = 0 } = {}): Buffer => {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, data, ...(data.byteLength % 2 === 1 ? [Buffer.from([padding])] : [])]);
};

export const riffOf = (form: string, chunks: readonly Buffer[]): Buffer => {
  const body = Buffer.concat([Buffer.from(form, 'latin1'), ...chunks]);
  const head = Buffer.from('RIFF\0\0\0\0', 'latin1');
  head.writeUInt32LE(body.byteLength, 4);
  return Buffer.concat([head, body]);
};

export const webpFlags = { animation: 2, xmp: 4, exif: 8, alpha: 16, icc: 32 } as const;

const uint24 = (value: number): Buffer => Buffer.from([value & 255, (value >> 8) & 255, (value >> 16) & 255]);

/** The header of an extended WebP. */
export const vp8x = (flags: number, width: number, height: number): Buffer =>
  riffChunk('VP8X', Buffer.concat([Buffer.from([flags, 0, 0, 0]), uint24(width - 1), uint24(height - 1)]));

/** The chunks of a WebP. */
export function* webpChunksOf(webp: Buffer): Generator<{ name: string; data: Buffer; whole: Buffer }> {
  for (let at = 12; at + 8 <= webp.byteLength; ) {
    const length = webp.readUInt32LE(at + 4);
    const end = at + 8 + length + (length % 2);
    yield {
      name: webp.toString('latin1', at, at + 4),
      data: webp.subarray(at + 8, at + 8 + length),
      whole: webp.subarray(at, end),
    };
    at = end;
  }
}

export interface WebpFrame {
  readonly width: number;
  readonly height: number;
  /** VP8, VP8L and ALPH chunks. */
  readonly chunks: readonly Buffer[];
}

export const animatedWebp = (width: number, height: number, frames: readonly WebpFrame[]): Buffer =>
  riffOf('WEBP', [
    vp8x(webpFlags.animation | webpFlags.alpha, width, height),
    riffChunk('ANIM', Buffer.alloc(6)),
    ...frames.map((frame) =>
      riffChunk(
        'ANMF',
        Buffer.concat([
          Buffer.alloc(6),
          uint24(frame.width - 1),
          uint24(frame.height - 1),
          uint24(40),
          Buffer.alloc(1),
          ...frame.chunks,
        ]),
      ),
    ),
  ]);
