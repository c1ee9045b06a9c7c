/** Files that are two things at once, and files that only pretend to be pictures. */
import { gzipSync } from 'node:zlib';
import { box, uint32 } from './boxes.ts';
import { carriers, plainPictures } from './carriers.ts';
import { packedSvg, payloads, pdfOf, smuggled, text, zipOf } from './payloads.ts';
import { riffChunk, riffOf } from './riff.ts';
import { type Specimen, specimen } from './specimen.ts';

/** Right pictures: what else they carry must not come out. */
export const carryingPolyglots: readonly Specimen[] = Object.entries(carriers).flatMap(([place, carry]) =>
  Object.entries(payloads).map(([what, payload]) => specimen(`a ${what} ${place}`, () => carry(payload))),
);

const latin1 = (content: string): Buffer => Buffer.from(content, 'latin1');
const said = (name: string, content: string | Buffer): Specimen =>
  specimen(name, () => (typeof content === 'string' ? latin1(content) : content));

const { svg, html, script } = text;
const drawings = [
  said('SVG', svg),
  said('SVG behind a declaration', `<?xml version="1.0"?>${svg}`),
  said('SVG behind a byte order mark', `\xef\xbb\xbf${svg}`),
  said('SVG behind white space', ` \r\n\t${svg}`),
  said('SVG behind a comment', `<!-- GIF89a -->${svg}`),
  said('SVG behind a document type', `<!DOCTYPE svg [<!ENTITY a "${smuggled}">]>${svg}`),
  said('SVG in UTF-16', Buffer.from(`\ufeff${svg}`, 'utf16le')),
  said('packed SVG', packedSvg),
  said('SVG that reads a file', svg.replace('<script', '<image href="file:///etc/passwd"/><script')),
  said('MVG', `push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/${smuggled}'\npop graphic-context`),
  said('MSL', `<?xml version="1.0"?><image><read filename="/etc/passwd"/><!--${smuggled}--></image>`),
];

const heads = {
  JPEG: '\xff\xd8\xff',
  JFIF: '\xff\xd8\xff\xe0\0\x10JFIF\0',
  PNG: '\x89PNG\r\n\x1a\n',
  GIF87: 'GIF87a',
  GIF: 'GIF89a',
  WebP: 'RIFF\x20\0\0\0WEBPVP8 ',
  little: 'II*\0\b\0\0\0',
  big: 'MM\0*\0\0\0\b',
  AVIF: '\0\0\0\x18ftypavif\0\0\0\0mif1avif',
  HEIC: '\0\0\0\x18ftypheic\0\0\0\0mif1heic',
};
/** The first bytes of a picture, and nothing of one behind. */
const headsAlone = Object.entries(heads).flatMap(([format, head]) => [
  said(`the head of ${format} in front of a page`, head + html),
  said(`the head of ${format} in front of a script`, `${head}=1;${script}`),
  said(
    `the head of ${format} in front of an archive`,
    Buffer.concat([latin1(head), payloads.archive ?? Buffer.alloc(0)]),
  ),
  said(`the head of ${format} in front of a drawing`, head + svg),
]);

const otherBrands = [
  'isom',
  'mp41',
  'mp42',
  'qt  ',
  'M4A ',
  'M4V ',
  '3gp5',
  'dash',
  'avc1',
  'crx ',
  'jxl ',
  'jp2 ',
  'f4v ',
  'mjp2',
  'miaf',
  'heif',
];
const films = otherBrands.map((brand) =>
  said(
    `ISO media of brand ${brand.trim()}`,
    Buffer.concat([
      box('ftyp', latin1(brand), uint32(0), latin1('isom')),
      box('free', latin1(html)),
      box('mdat', latin1(html)),
    ]),
  ),
);
const otherRiffs = ['WAVE', 'AVI ', 'ACON', 'RMID', 'CDR9', 'PAL ', 'WEBQ', 'webp'].map((form) =>
  said(`RIFF of form ${form.trim()}`, riffOf(form, [riffChunk('VP8 ', latin1(html)), riffChunk('LIST', latin1(html))])),
);

const otherKinds = [
  said(
    'BMP',
    `BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0${'\0'.repeat(24)}abc\0${smuggled}`,
  ),
  said('BMP that is a script', `BM=1;${script}`),
  said('icon', `\0\0\x01\0\x01\0\x10\x10\0\0\x01\0 \0${'\0'.repeat(100)}`),
  said('cursor', `\0\0\x02\0\x01\0\x10\x10\0\0\x01\0 \0${'\0'.repeat(100)}`),
  said('Apple icon', 'icns\0\0\0\x10TOC \0\0\0\b'),
  said('PDF', pdfOf()),
  said('PDF behind a thousand bytes', Buffer.concat([Buffer.alloc(1000, '\n'), pdfOf()])),
  said('PostScript', `%!PS-Adobe-3.0 EPSF-3.0\n(${smuggled}) print`),
  said('EPS with a preview', `\xc5\xd0\xd3\xc6\x20\0\0\0${html}`),
  said('page', html),
  said('page in UTF-16', Buffer.from(`\ufeff${html}`, 'utf16le')),
  said(
    'page saved whole',
    `MIME-Version: 1.0\nContent-Type: multipart/related; boundary=a\n\n--a\nContent-Type: text/html\n\n${html}\n--a--`,
  ),
  said('mail', `From: a@example.com\nContent-Type: image/png\n\n${html}`),
  said('script', script),
  said('JSON', `{"image":"${smuggled}"}`),
  said('CSV', `1,2,3\n4,5,${smuggled}\n`),
  said('MATLAB', `MATLAB 5.0 MAT-file, ${smuggled}`),
  said('PPM', `P6 1 1 255\nabc`),
  said('PAM', 'P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nENDHDR\nabc'),
  said('PFM', 'PF\n1 1\n-1.0\n'),
  said('XBM', `#define a_width 8\n#define a_height 1\nstatic char a_bits[]={0x00};/*${smuggled}*/`),
  said('XPM', `/* XPM */\nstatic char *a[]={"1 1 1 1","a c #fff","a"};//${smuggled}`),
  said('Photoshop', `8BPS\0\x01${'\0'.repeat(40)}`),
  said('GIMP', `gimp xcf file\0${'\0'.repeat(40)}`),
  said('JPEG XL', '\xff\x0a\xfa\x7f\0\0'),
  said('JPEG XL in boxes', '\0\0\0\x0cJXL \r\n\x87\n'),
  said('JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n'),
  said('JPEG 2000 stream', '\xff\x4f\xff\x51\0\x29'),
  said('JPEG LS', '\xff\xd8\xff\xf7\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0\xff\xd9'),
  said('Radiance', '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n'),
  said('OpenEXR', 'v/1\x01\x02\0\0\0'),
  said('FITS', 'SIMPLE  =                    T'),
  said('DirectDraw', `DDS |\0\0\0${'\0'.repeat(120)}`),
  said('Targa', `\0\0\x02\0\0\0\0\0\0\0\0\0\x01\0\x01\0\x18\0abc${'\0'.repeat(8)}TRUEVISION-XFILE.\0`),
  said('Windows metafile', '\xd7\xcd\xc6\x9a\0\0'),
  said('MNG', '\x8aMNG\r\n\x1a\n\0\0\0\x1cMHDR'),
  said('JNG', '\x8bJNG\r\n\x1a\n\0\0\0\x10JHDR'),
  said('BPG', 'BPG\xfb\x20\0'),
  said('QOI', 'qoif\0\0\0\x01\0\0\0\x01\x03\0'),
  said('FLIF', 'FLIF31\0\0'),
  said('libvips', `\xb6\xa6\xf2\x08${'\0'.repeat(64)}`),
  said('DICOM', `${'\0'.repeat(128)}DICM`),
  said('archive', payloads.archive ?? ''),
  said('Office file', zipOf('[Content_Types].xml', latin1(html))),
  said('gzip', gzipSync(html)),
  said('7z', "7z\xbc\xaf'\x1c\0\x04"),
  said('RAR', 'Rar!\x1a\x07\x01\0'),
  said('tar', `a${'\0'.repeat(256)}ustar`),
  said('Windows program', `MZ${'\0'.repeat(100)}PE\0\0${smuggled}`),
  said('Linux program', `\x7fELF\x02\x01\x01${smuggled}`),
  said('Java class', '\xca\xfe\xba\xbe\0\0\x004'),
  said('WebAssembly', '\0asm\x01\0\0\0'),
  said('MP3 with a cover', 'ID3\x04\0\0\0\0\0\x7fAPIC\0\0\0\x10'),
  said('Flash', `FWS\x0a${smuggled}`),
  said('font', `\0\x01\0\0\0\x0c\0\x80${smuggled}`),
  said('nothing', ''),
  said('one byte', '\xff'),
  said('zeros', '\0'.repeat(5000)),
];

/** A right picture that does not begin where the file does. */
const misplaced = [
  ...Object.entries(plainPictures).flatMap(([format, make]) => [
    specimen(`${format} behind a line break`, async () => Buffer.concat([latin1('\n'), await make()])),
    specimen(`${format} behind a page`, async () => Buffer.concat([latin1(html), await make()])),
    specimen(`${format} in an archive`, async () => zipOf('picture', await make())),
    specimen(`${format} in a PDF`, async () => pdfOf((await make()).toString('latin1'))),
    specimen(`${format} as base64`, async () => latin1((await make()).toString('base64'))),
    specimen(`${format} as a data: URI`, async () =>
      latin1(`data:image/png;base64,${(await make()).toString('base64')}`),
    ),
    specimen(`${format}, packed`, async () => gzipSync(await make())),
  ]),
  specimen('PNG whose line breaks were changed', async () =>
    latin1((await plainPictures.png()).toString('latin1').replaceAll('\r\n', '\n')),
  ),
];

/** None of them is a picture. */
export const pretenders: readonly Specimen[] = [
  ...drawings,
  ...headsAlone,
  ...films,
  ...otherRiffs,
  ...otherKinds,
  ...misplaced,
];
