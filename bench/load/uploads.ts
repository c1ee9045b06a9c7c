/** Uploads the same image over many connections at once, as fast as the gateway takes it; a process of its own. */
import { connect } from 'node:net';
import sharp from 'sharp';

export interface UploadLoad {
  readonly url: string;
  readonly imageBytes: number;
  readonly uploads: number;
  readonly atOnce: number;
}

export interface UploadResult {
  readonly statuses: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly seconds: number;
}

/** Noise hardly compresses: a JPEG of about so many bytes, every pixel of which can be decoded. */
const noise = async (wantedBytes: number): Promise<Buffer> => {
  const encode = (side: number): Promise<Buffer> =>
    sharp({
      create: {
        width: side,
        height: side,
        channels: 3,
        background: '#808080',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
      .jpeg({ quality: 95 })
      .toBuffer();
  const sample = 512;
  const bytesPerPixel = (await encode(sample)).length / sample ** 2;
  return encode(Math.round(Math.sqrt(wantedBytes / bytesPerPixel)));
};

const boundary = 'restage-bench';

const upload = (url: string, parts: readonly Buffer[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed without an answer')));
    socket.once('data', (answer) => {
      resolve(answer.toString('latin1', 9, 12));
      socket.destroy();
    });
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    socket.write(
      `POST /v1/assets HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n` +
        `content-type: multipart/form-data; boundary=${boundary}\r\ncontent-length: ${bytes}\r\n\r\n`,
    );
    for (const part of parts) socket.write(part);
  });

const generate = async ({ url, imageBytes, uploads, atOnce }: UploadLoad): Promise<UploadResult> => {
  const image = await noise(imageBytes);
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="noise.jpg"\r\ncontent-type: image/jpeg\r\n\r\n`;
  const parts = [Buffer.from(head), image, Buffer.from(`\r\n--${boundary}--\r\n`)];
  const statuses: Record<string, number> = {};
  let left = uploads;
  const began = performance.now();
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const status = await upload(url, parts);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { statuses, bytes: image.length * uploads, seconds: (performance.now() - began) / 1_000 };
};

process.once('message', async (load: UploadLoad) => {
  process.send?.(await generate(load), () => process.disconnect());
});
