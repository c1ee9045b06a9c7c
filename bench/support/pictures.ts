import sharp from 'sharp';
import type { BenchGateway } from './gateway.ts';

/** A small picture of a subject before a plain ground, as an asset of the gateway. Answers its id. */
export const uploadPicture = async (gateway: BenchGateway, width = 640, height = 480): Promise<string> => {
  const subject = Buffer.from(
    `<svg width="${width}" height="${height}"><ellipse cx="50%" cy="50%" rx="25%" ry="35%" fill="#b0413e"/></svg>`,
  );
  const picture = await sharp({ create: { width, height, channels: 3, background: '#d8dee9' } })
    .composite([{ input: subject }])
    .jpeg()
    .toBuffer();
  const form = new FormData();
  form.set('file', new File([new Uint8Array(picture)], 'subject.jpg', { type: 'image/jpeg' }));
  const response = await fetch(`${gateway.url}/v1/assets`, { method: 'POST', body: form });
  if (response.status !== 201) throw new Error(`the upload failed: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
};
