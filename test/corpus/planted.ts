/** Blocks of metadata as cameras, editors and generators write them, each with a marker that nobody else may read. */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { drawn } from './colours.ts';
import { adobeRgb } from './icc.ts';
import { tiffOf } from './tiff.ts';

/** In every block, in front of a number. */
export const planted = 'PLANTED-5d0e';

const position = {
  GPSLatitudeRef: 'N',
  GPSLatitude: '51/1 28/1 38/1',
  GPSLongitudeRef: 'W',
  GPSLongitude: '0/1 0/1 5/1',
};

/** With a position, camera, owner and comment. */
const exifOfCamera = async (orientation: number, marker: string): Promise<Buffer> => {
  const jpeg = await drawn()
    .withMetadata({ orientation })
    .withExifMerge({
      IFD0: { Make: marker, Model: marker, Artist: marker, Copyright: marker },
      IFD2: { UserComment: marker, BodySerialNumber: marker, DateTimeOriginal: '2026:11:21 12:00:00' },
      IFD3: { ...position, GPSAreaInformation: marker },
    })
    .jpeg()
    .toBuffer();
  const { exif = Buffer.alloc(6) } = await sharp(jpeg).metadata();
  return exif.subarray(6);
};

/** With a maker's note, and a thumbnail that shows what it likes. */
const exifOfEditor = async (orientation: number, marker: string): Promise<Buffer> => {
  const thumbnail = Buffer.concat([await drawn().resize(16).jpeg().toBuffer(), Buffer.from(marker)]);
  return tiffOf([
    {
      fields: [
        { tag: 270, type: 'ascii', values: Buffer.from(`${marker}\0`) },
        { tag: 274, type: 'short', values: [orientation] },
        { tag: 0x927c, type: 'undefined', values: Buffer.from(`Maker\0${marker}`) },
        { tag: 0x9c9b, type: 'byte', values: Buffer.from(marker, 'utf16le') },
      ],
    },
    { pieces: [thumbnail], fields: [{ tag: 259, type: 'short', values: [6] }] },
  ]);
};

export const exifOf = (index: number, orientation: number, marker: string): Promise<Buffer> =>
  (index % 2 === 0 ? exifOfCamera : exifOfEditor)(orientation, marker);

export const xmpOf = (marker: string): Buffer =>
  Buffer.from(
    `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/" dc:creator="${marker}" exif:GPSLatitude="51,28.6N"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`,
  );

/** By-line and caption, in the records of the press. */
export const iptcOf = (marker: string): Buffer =>
  Buffer.concat(
    [80, 120].map((record) => Buffer.concat([Buffer.from([0x1c, 2, record, 0, marker.length]), Buffer.from(marker)])),
  );
export const photoshopOf = (marker: string): Buffer => {
  const iptc = iptcOf(marker);
  const head = Buffer.from('8BIM\x04\x04\0\0\0\0\0\0', 'latin1');
  head.writeUInt32BE(iptc.byteLength, 8);
  return Buffer.concat([head, iptc, Buffer.alloc(iptc.byteLength % 2)]);
};

/** How a picture was made, as ComfyUI and its like leave it. */
export const workflowOf = (marker: string): Buffer =>
  Buffer.from(
    JSON.stringify({ nodes: [{ id: 1, type: 'CLIPTextEncode', widgets_values: [marker] }], links: [], marker }),
  );

export const profileOf = (marker: string): Buffer => adobeRgb(marker);
export const packed = (data: Buffer): Buffer => deflateSync(data);
