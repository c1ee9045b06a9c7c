import sharp from 'sharp';

/** A drawing of 400 by 400 pixels; what it leaves free is transparent. */
export const svg = (body: string): Promise<Buffer> =>
  sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400">${body}</svg>`))
    .png()
    .toBuffer();

export const flat = (color: string): Promise<Uint8Array> =>
  sharp({ create: { width: 400, height: 300, channels: 3, background: color } })
    .png()
    .toBuffer();

/** A subject of one colour on nothing. */
export const block = (color: string): Promise<Buffer> =>
  svg(`<rect x="120" y="100" width="160" height="200" fill="${color}"/>`);

/** A part of the result that lies inside such a subject: left, top, right, bottom in shares of the sides. */
export const inBlock: readonly [number, number, number, number] = [0.45, 0.5, 0.55, 0.65];
