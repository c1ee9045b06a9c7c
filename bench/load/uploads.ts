/** Uploads the same image over many connections at once, as fast as it is taken; a process of its own. */
import { connect } from 'node:net';
import sharp from 'sharp';

export interface UploadLoad {
  readonly url: string;
  /** How the image is sent: to an operation as a form or as JSON, to a presigned link, or as the body of a bare POST. */
  readonly way: 'form' | 'json' | 'direct' | 'bare';
  readonly imageBytes: number;
  readonly uploads: number;
  readonly atOnce: number;
}

export interface UploadResult {
  /** A 503 without `Retry-After` counts as `503 for ever`; what was never answered, by the error. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly takenBytes: number;
  readonly refusedBytes: number;
  readonly seconds: number;
}

interface Message {
  readonly line: string;
  readonly type: string;
  readonly body: readonly Buffer[];
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
const color = `--${boundary}\r\ncontent-disposition: form-data; name="background.color"\r\n\r\nred\r\n`;
const fileHead = `--${boundary}\r\ncontent-disposition: form-data; name="image"; filename="noise.jpg"\r\ncontent-type: image/jpeg\r\n\r\n`;

/** Made once, but for a link: each works for one file. */
const messageOf = async ({ url, way }: UploadLoad, image: Buffer): Promise<() => Promise<Message>> => {
  const form = [Buffer.from(`${color}${fileHead}`), image, Buffer.from(`\r\n--${boundary}--\r\n`)];
  const base64 = Buffer.from(image.toString('base64'));
  const json = [
    Buffer.from('{"background":{"color":"red"},"image":"data:image/jpeg;base64,'),
    base64,
    Buffer.from('"}'),
  ];
  const ways: Record<UploadLoad['way'], () => Promise<Message>> = {
    form: async () => ({
      line: 'POST /v1/background',
      type: `multipart/form-data; boundary=${boundary}`,
      body: form,
    }),
    json: async () => ({ line: 'POST /v1/background', type: 'application/json', body: json }),
    bare: async () => ({ line: 'POST /', type: 'image/jpeg', body: [image] }),
    direct: async () => {
      const response = await fetch(`${url}/v1/assets/presign`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content_type: 'image/jpeg', bytes: image.length }),
      });
      const link = new URL(((await response.json()) as { url: string }).url);
      return { line: `PUT ${link.pathname}${link.search}`, type: 'image/jpeg', body: [image] };
    },
  };
  return ways[way];
};

const send = (url: string, { line, type, body }: Message): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    socket.on('error', ({ message }) => resolve(message));
    socket.on('close', () => resolve('closed without an answer'));
    socket.once('data', (answer) => {
      const head = answer.toString('latin1');
      const status = head.slice(9, 12);
      resolve(status === '503' && !/\r\nretry-after: \d+\r\n/i.test(head) ? '503 for ever' : status);
      socket.destroy();
    });
    const bytes = body.reduce((sum, { length }) => sum + length, 0);
    socket.write(
      `${line} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-type: ${type}\r\ncontent-length: ${bytes}\r\n\r\n`,
    );
    for (const part of body) socket.write(part);
  });

const generate = async (load: UploadLoad): Promise<UploadResult> => {
  const { url, imageBytes, uploads, atOnce } = load;
  const image = await noise(imageBytes);
  const next = await messageOf(load, image);
  const messages = await Promise.all(Array.from({ length: uploads }, next));
  const statuses: Record<string, number> = {};
  const began = performance.now();
  const lane = async (): Promise<void> => {
    for (let message = messages.pop(); message; message = messages.pop()) {
      const status = await send(url, message);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const taken = Object.entries(statuses).reduce(
    (sum, [status, count]) => sum + (status.startsWith('2') ? count : 0),
    0,
  );
  return {
    statuses,
    takenBytes: taken * image.length,
    refusedBytes: (uploads - taken) * image.length,
    seconds: (performance.now() - began) / 1_000,
  };
};

process.once('message', async (load: UploadLoad) => {
  process.send?.(await generate(load), () => process.disconnect());
});
