/** Colours that a picture tells by the numbers of ITU-T H.273, which sharp does not heed: `nclx` and PNG's `cICP`. */
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { unprocessable } from './accepted.ts';
import type { AcceptedType } from './sniff.ts';

export interface ColourNumbers {
  readonly primaries: number;
  readonly curve: number;
}

/** BT.709, unsaid, or of old television: near enough to sRGB. */
const nearSrgb = [1, 2, 5, 6, 7];
const displayP3 = 12;
/** Curves near sRGB's; HDR's are 16 and 18. */
const ordinaryCurves = [1, 2, 4, 5, 6, 13, 14, 15];

/** The profile that says the same; null where none is needed. Refuses what would come out wrong. */
export const profileOfNumbers = async ({ primaries, curve }: ColourNumbers): Promise<Buffer | null> => {
  if (!ordinaryCurves.includes(curve) || (primaries !== displayP3 && !nearSrgb.includes(primaries))) {
    throw unprocessable(
      'The colours of the image are of an HDR kind, which would come out wrong. Export it as JPEG, or for standard screens.',
    );
  }
  if (primaries !== displayP3) return null;
  const picture = sharp({ create: { width: 1, height: 1, channels: 3, background: 'white' } });
  const { icc } = await sharp(await picture.withIccProfile('p3').png().toBuffer()).metadata();
  if (icc === undefined) throw new Error('sharp has no Display P3 profile');
  return icc;
};

interface Chunk {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The chunks in front of the pixels, as far as the bytes go. */
function* frontChunks(png: Buffer): Generator<Chunk> {
  for (let start = 8; start + 12 <= png.byteLength; ) {
    const name = png.toString('latin1', start + 4, start + 8);
    if (name === 'IDAT') return;
    const end = start + 12 + png.readUInt32BE(start);
    yield { name, start, end };
    start = end;
  }
}

/** Null for a PNG that has none, or whose last word on colours they are not. */
const pngColourNumbers = (head: Uint8Array): ColourNumbers | null => {
  const png = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const chunk = frontChunks(png).find(({ name }) => name === 'cICP');
  if (chunk === undefined || chunk.end > png.byteLength || chunk.end - chunk.start !== 16) return null;
  return { primaries: png[chunk.start + 8] ?? 0, curve: png[chunk.start + 9] ?? 0 };
};

const profileChunk = (profile: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from('iCCPP3\0\0', 'latin1'), deflateSync(profile)]);
  const chunk = Buffer.alloc(body.byteLength + 8);
  chunk.writeUInt32BE(body.byteLength - 4);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), chunk.byteLength - 4);
  return chunk;
};

const saysColours = ['cICP', 'iCCP', 'sRGB', 'gAMA', 'cHRM'];

/** The same PNG, its colours told by a profile alone. */
export const pngWithProfile = (bytes: Uint8Array, profile: Uint8Array): Buffer => {
  const png = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const front = [...frontChunks(png)];
  const kept = front
    .filter(({ name }) => !saysColours.includes(name))
    .map(({ start, end }) => png.subarray(start, end));
  const [header = Buffer.alloc(0), ...others] = kept;
  const rest = png.subarray(front.at(-1)?.end ?? 8);
  return Buffer.concat([png.subarray(0, 8), header, profileChunk(profile), ...others, rest]);
};

/** The profile of a PNG or AVIF whose colours are told by numbers alone; null where sharp needs none. */
export const profileToldByNumbers = async (bytes: Uint8Array, type: AcceptedType): Promise<Buffer | null> => {
  if (type !== 'image/png' && type !== 'image/avif') return null;
  const find = type === 'image/png' ? pngColourNumbers : (await import('./heic.ts')).avifColourNumbers;
  const numbers = find(bytes);
  return numbers && profileOfNumbers(numbers);
};
