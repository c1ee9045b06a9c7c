/** Sixty pictures of each format with metadata in ever other combinations and orientations. */
import { avifPixels, jpegPixels, pngPixels, webpPixels } from './bare-pixels.ts';
import { box, findBox, type HeifItem, heifOf, properties, uint32 } from './boxes.ts';
import { type ColourSpecimen, drawn, quarterAt, quartersOf, samplesOf, shown, size } from './colours.ts';
import { gifComment, gifExtension, gifFrame, gifOf } from './gif.ts';
import { jpegSegment, withSegments } from './jpeg.ts';
import { upright } from './orientations.ts';
import { exifOf, iptcOf, packed, photoshopOf, planted, profileOf, workflowOf, xmpOf } from './planted.ts';
import { pngChunk, pngOf } from './png.ts';
import { riffChunk, riffOf, vp8x, webpFlags } from './riff.ts';
import { type TiffField, tiffOf, tiffPicture } from './tiff.ts';

export const privateFormats = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const;
export type PrivateFormat = (typeof privateFormats)[number];

/** Everything that goes into one file. */
interface Plan {
  readonly index: number;
  readonly orientation: number;
  readonly marker: string;
  readonly exif: Buffer;
}

/** Of the optional parts, those that this file has: another selection for each of 32 files in turn. */
const chosen = <Part>({ index }: Plan, parts: readonly Part[]): Part[] =>
  parts.filter((_, bit) => ((index * 7 + 3) >> (bit % 5)) & 1);

const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const joined = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? text(part) : part)));

const jpegFile = async (plan: Plan): Promise<Buffer> => {
  const { marker, exif } = plan;
  const parts = [
    jpegSegment(0xe1, joined('http://ns.adobe.com/xap/1.0/\0', xmpOf(marker))),
    jpegSegment(0xed, joined('Photoshop 3.0\0', photoshopOf(marker))),
    jpegSegment(0xfe, text(marker)),
    jpegSegment(0xe2, joined('ICC_PROFILE\0\x01\x01', profileOf(marker))),
    jpegSegment(0xe0, joined('JFXX\0\x10', await drawn().resize(16).jpeg().toBuffer(), marker)),
    jpegSegment(0xeb, text(`JP ${marker}`)),
    jpegSegment(0xef, workflowOf(marker)),
  ];
  const front = [jpegSegment(0xe1, joined('Exif\0\0', exif)), ...chosen(plan, parts)];
  const file = withSegments(await jpegPixels(), ...front);
  return plan.index % 3 === 0 ? joined(file, file, marker) : file;
};

const pngFile = async (plan: Plan): Promise<Buffer> => {
  const { marker, exif } = plan;
  const chunks = [
    pngChunk('tEXt', joined('workflow\0', workflowOf(marker))),
    pngChunk('zTXt', joined('prompt\0\0', packed(workflowOf(marker)))),
    pngChunk('iTXt', joined('XML:com.adobe.xmp\0\0\0\0\0', xmpOf(marker))),
    pngChunk('iTXt', joined('parameters\0\x01\0\0\0', packed(text(marker)))),
    pngChunk('iCCP', joined(`${marker}\0\0`, packed(profileOf(marker)))),
    pngChunk('tIME', Buffer.from([7, 234, 11, 21, 12, 0, 0])),
    pngChunk('seCr', text(marker)),
    pngChunk('tEXt', joined('Raw profile type iptc\0', iptcOf(marker).toString('hex'))),
  ];
  const file = pngOf(size, [pngChunk('eXIf', exif), ...chosen(plan, chunks)], await pngPixels());
  return plan.index % 3 === 0 ? joined(file, marker) : file;
};

const webpFile = async (plan: Plan): Promise<Buffer> => {
  const { marker, exif } = plan;
  const profile = plan.index % 2 === 0 ? [riffChunk('ICCP', profileOf(marker))] : [];
  const after = chosen(plan, [
    riffChunk('XMP ', xmpOf(marker)),
    riffChunk('SECR', text(marker)),
    riffChunk('JUNK', workflowOf(marker)),
  ]);
  const flags = webpFlags.exif | webpFlags.xmp | (profile.length > 0 ? webpFlags.icc : 0);
  const pixels = (await webpPixels()).map(({ whole }) => whole);
  const file = riffOf('WEBP', [
    vp8x(flags, size.width, size.height),
    ...profile,
    ...pixels,
    riffChunk('EXIF', exif),
    ...after,
  ]);
  return plan.index % 3 === 0 ? joined(file, marker) : file;
};

/** How AVIF tells an orientation: quarter turns against the clock, then a mirror. */
const turned = async (orientation: number): Promise<Buffer[]> => {
  const avif = await drawn().withMetadata({ orientation }).avif({ effort: 0 }).toBuffer();
  return ['irot', 'imir'].flatMap((type) => findBox(avif, type) ?? []);
};
const avifFile = async (plan: Plan): Promise<Buffer> => {
  const { marker, exif, orientation } = plan;
  const source = await avifPixels();
  const [settings, coded] = [findBox(source, 'av1C'), findBox(source, 'mdat')];
  const profile = plan.index % 2 === 0 ? [properties.profile(profileOf(marker))] : [];
  const references = [{ type: 'cdsc', to: [1] }];
  const items: HeifItem[] = [
    {
      type: 'av01',
      data: coded?.subarray(8) ?? Buffer.alloc(0),
      properties: [
        settings ?? Buffer.alloc(0),
        properties.size(size.width, size.height),
        ...profile,
        ...(await turned(orientation)),
      ],
    },
    { type: 'Exif', data: joined(uint32(0), exif), references },
    ...chosen(plan, [
      { type: 'mime', data: xmpOf(marker), references },
      { type: 'mime', data: workflowOf(marker), references },
    ]),
  ];
  const file = heifOf({ brand: 'avif', items });
  return plan.index % 3 === 0
    ? joined(file, box('uuid', text(`0123456789abcdef${marker}`)), box('free', text(marker)))
    : file;
};

const gifFile = async (plan: Plan): Promise<Buffer> => {
  const { marker, exif } = plan;
  const application = (name: string, data: Buffer): Buffer =>
    joined(Buffer.from([0x21, 0xff, 11]), name, gifExtension(0, data).subarray(2));
  const blocks = chosen(plan, [
    gifComment(marker),
    application('XMP DataXMP', xmpOf(marker)),
    application('NETSCAPE2.0', Buffer.from([1, 0, 0])),
    application('ICCRGBG1012', profileOf(marker)),
    application('MGKIPTC0000', iptcOf(marker)),
    application('EXIF    1.0', exif),
  ]);
  const frame = gifFrame({ ...size, indexAt: quarterAt });
  const file = gifOf({ ...size, palette: quartersOf }, [gifComment(marker), ...blocks, frame, gifComment(marker)]);
  return plan.index % 3 === 0 ? joined(file, marker) : file;
};

const tiffFile = async (plan: Plan): Promise<Buffer> => {
  const { marker, orientation, index } = plan;
  const ascii = (tag: number): TiffField => ({ tag, type: 'ascii', values: text(`${marker}\0`) });
  const bytes = (tag: number, values: Buffer): TiffField => ({ tag, type: 'undefined', values });
  const more = [
    { tag: 274, type: 'short', values: [orientation] } as const,
    ascii(270),
    ...chosen(plan, [
      ascii(271),
      ascii(305),
      ascii(315),
      ascii(33_432),
      bytes(700, xmpOf(marker)),
      bytes(33_723, iptcOf(marker)),
      bytes(34_377, photoshopOf(marker)),
      bytes(34_675, profileOf(marker)),
      ascii(42_112),
      bytes(65_000, workflowOf(marker)),
    ]),
  ];
  const page = tiffPicture({ ...size, bits: [8, 8, 8], photometric: 2, pieces: [samplesOf(quartersOf, 1)], more });
  const second = tiffPicture({
    width: 8,
    height: 8,
    bits: [8],
    photometric: 1,
    pieces: [Buffer.alloc(64)],
    more: [ascii(270)],
  });
  const file = tiffOf(index % 4 === 0 ? [page, second] : [page], { big: index % 2 === 0 });
  return index % 3 === 0 ? joined(file, marker) : file;
};

const makers: Readonly<Record<PrivateFormat, (plan: Plan) => Promise<Buffer>>> = {
  jpeg: jpegFile,
  png: pngFile,
  webp: webpFile,
  avif: avifFile,
  gif: gifFile,
  tiff: tiffFile,
};

/** GIF knows no orientation. */
const orientationOf = (format: PrivateFormat, index: number): number => (format === 'gif' ? 1 : 1 + (index % 8));

export const privateFiles = (format: PrivateFormat, count = 60): readonly ColourSpecimen[] =>
  Array.from({ length: count }, (_, index) => {
    const orientation = orientationOf(format, index);
    const marker = `${planted}-${format}-${index}`;
    const make = async () =>
      makers[format]({ index, orientation, marker, exif: await exifOf(index, orientation, marker) });
    // Where the profile is one with other colours, they come out stronger.
    return shown(`${format} ${index}`, make, { expected: upright[orientation] ?? [], tolerance: 70 });
  });
