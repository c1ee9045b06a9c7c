/** JPEGs that decode, with something hidden where a reader that only skips would not look. */
import { flatJpeg } from './flat-jpeg.ts';
import { endOfImage, jpegParts, jpegSegment, markers, startOfImage, withSegments } from './jpeg.ts';
import { hidden, jpeg, restarting, size } from './plain-files.ts';

const jpegPart = (wanted: number, source: Buffer = jpeg): Buffer => {
  const part = [...jpegParts(source)].find(({ marker }) => marker === wanted);
  return source.subarray(part?.start, part?.end);
};
/** Puts something in front of a JPEG's first part of that kind. */
const before = (wanted: number, ...inserted: Buffer[]): Buffer => {
  const at = jpeg.indexOf(jpegPart(wanted));
  return Buffer.concat([jpeg.subarray(0, at), ...inserted, jpeg.subarray(at)]);
};
const inScan = (source: Buffer, at: number, inserted: Buffer): Buffer => {
  const scan = source.indexOf(jpegPart(markers.sos, source)) + at;
  return Buffer.concat([source.subarray(0, scan), inserted, source.subarray(scan)]);
};
const inFront = (bytes: Uint8Array): Buffer => Buffer.concat([jpeg.subarray(0, -2), bytes, endOfImage]);
const altered = (bytes: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
};
const restartAt = restarting.indexOf(Buffer.from([0xff, 0xd1]));

export const impureJpegs: Readonly<Record<string, Buffer>> = {
  'text behind the end': Buffer.concat([jpeg, hidden]),
  'a second picture': Buffer.concat([jpeg, jpeg]),
  'a second end': Buffer.concat([jpeg, endOfImage]),
  'a second start': Buffer.concat([startOfImage, jpeg]),
  'a start inside': before(markers.sof0, startOfImage),
  'text in front of the end': inFront(hidden),
  'short lines in front of the end': inFront(Buffer.from('#!/bin/sh\necho pwned\nrm -rf /\n')),
  'an archive in front of the end': inFront(Buffer.from('PK\x05\x06\0\0\0\0\x01\0\x01\0', 'latin1')),
  'restarts in front of the end': inFront(Buffer.from([0xff, 0xd0, 0x41, 0xff, 0xd1, 0x42])),
  'a restart that was not announced': inScan(jpeg, 40, Buffer.from([0xff, 0xd0])),
  'restarts out of turn': Buffer.concat([
    restarting.subarray(0, restartAt),
    Buffer.from([0xff, 0xd5]),
    restarting.subarray(restartAt + 2),
  ]),
  'fill bytes between parts': before(markers.sof0, Buffer.alloc(9, 0xff)),
  'bytes between parts': before(markers.sof0, hidden),
  'a number of lines behind the scan': inFront(jpegSegment(markers.dnl, Buffer.from([0, 64]))),
  'an unused table': before(
    markers.sof0,
    jpegSegment(markers.dqt, Buffer.concat([Buffer.from([0]), hidden, hidden.subarray(0, 29)])),
  ),
  'a table with something behind it': before(
    markers.sof0,
    jpegSegment(markers.dqt, Buffer.concat([Buffer.from([2]), Buffer.alloc(64, 1), hidden])),
  ),
  'a code table that is too long': before(
    markers.sof0,
    jpegSegment(markers.dht, Buffer.concat([Buffer.from([0x13]), Buffer.alloc(16), hidden])),
  ),
  'a code table sent twice': before(markers.sos, jpegPart(markers.dht)),
  'a frame with something behind it': Buffer.concat([
    startOfImage,
    jpegSegment(markers.sof0, Buffer.concat([jpegPart(markers.sof0).subarray(4), hidden])),
  ]),
  'two frames': before(markers.sof0, jpegPart(markers.sof0)),
  'a scan head with something behind it': before(
    markers.sos,
    jpegSegment(markers.sos, Buffer.concat([jpegPart(markers.sos).subarray(4, 14), hidden])),
  ),
  'arithmetic coding': altered(jpeg, jpeg.indexOf(jpegPart(markers.sof0)) + 1, 0xc9),
  'a comment': withSegments(jpeg, jpegSegment(markers.com, hidden)),
  'a thumbnail in JFIF': withSegments(
    jpeg,
    jpegSegment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01abc', 'latin1')),
  ),
  'JFIF that promises a thumbnail': withSegments(
    jpeg,
    jpegSegment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\x10\x10', 'latin1')),
  ),
  'a longer marker of Adobe’s': withSegments(
    jpeg,
    jpegSegment(0xee, Buffer.concat([Buffer.from('Adobe\0d\0\0\0\0\0'), hidden])),
  ),
  inks: flatJpeg({ ...size, colourAt: () => [1, 2, 3, 4] }),
  'no scan': Buffer.concat([startOfImage, jpegPart(markers.sof0), endOfImage]),
  'no end': jpeg.subarray(0, -2),
  'forty scans': Buffer.concat([
    jpeg.subarray(0, -2),
    ...Array.from({ length: 40 }, () => jpegPart(markers.sos)),
    endOfImage,
  ]),
};
