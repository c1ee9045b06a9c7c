import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JobView } from '../../src/operations/job.ts';
import { createSigner } from '../../src/platform/storage/signing.ts';
import { startTestGateway, type TestGateway, tinyPng } from '../support/gateway.ts';
import {
  dataUri,
  formOf,
  imageFile,
  kept,
  noisyPng,
  plainPicture,
  problemOf,
  problemsAt,
  sql,
  tinyBytes,
} from './support.ts';

const assetSchema = z.strictObject({
  id: z.string().regex(/^asset_[0-9a-z]{26}$/),
  object: z.literal('asset'),
  content_type: z.string(),
  width: z.int(),
  height: z.int(),
  bytes: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  url: z.url(),
  expires_at: z.iso.datetime(),
  created_at: z.iso.datetime(),
});
const presignedSchema = z.strictObject({
  asset_id: z.string(),
  method: z.literal('PUT'),
  url: z.url(),
  headers: z.record(z.string(), z.string()),
  expires_at: z.iso.datetime(),
});
type Presigned = z.infer<typeof presignedSchema>;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ config: { limits: { max_image_bytes: 256 * 1024 } } });
});
afterAll(() => gateway.stop());

const upload = (file: File | string, name = 'file') =>
  gateway.fetch('/v1/assets', { method: 'POST', body: formOf([[name, file]]) });
const uploaded = async (bytes: Uint8Array<ArrayBuffer>) =>
  assetSchema.parse(await (await upload(imageFile(bytes))).json());
const presign = async (contentType: string, bytes: number): Promise<Presigned> => {
  const response = await gateway.post('/v1/assets/presign', { content_type: contentType, bytes });
  expect(response.status).toBe(201);
  return presignedSchema.parse(await response.json());
};
const put = ({ url, headers }: Presigned, bytes: Uint8Array<ArrayBuffer>, more: Record<string, string> = {}) =>
  fetch(url, { method: 'PUT', headers: { ...headers, ...more }, body: bytes });
/** Keys of the files that have something to do with an asset. */
const onDisk = async ({ dataDir }: TestGateway, id: string): Promise<string[]> =>
  (await readdir(join(dataDir, 'files'), { recursive: true })).filter((path) => path.includes(id));
const useAs = (image: string) =>
  gateway.post('/v1/background?provider=scripted', {
    image,
    background: { color: 'red' },
    options: { scripted: { read_inputs: true } },
  });

describe('an upload', () => {
  it('is told by its content, and read back as it was made anew', async () => {
    const picture = await plainPicture('jpeg', { width: 70, height: 50 });
    const response = await upload(imageFile(picture, 'claims-to-be.png'));
    expect(response.status).toBe(201);
    const asset = assetSchema.parse(await response.json());
    expect(asset).toMatchObject({ content_type: 'image/jpeg', width: 70, height: 50 });
    const again = assetSchema.parse(await (await gateway.fetch(`/v1/assets/${asset.id}`)).json());
    expect({ ...again, url: '', expires_at: '' }).toEqual({ ...asset, url: '', expires_at: '' });
    const bytes = Buffer.from(await (await fetch(asset.url)).arrayBuffer());
    expect(bytes.byteLength).toBe(asset.bytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(asset.sha256);
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 70, height: 50 });
  });

  it('keeps nothing of where and how the photo was taken, and stands upright', async () => {
    const photo = await sharp({ create: { width: 70, height: 50, channels: 3, background: '#336699' } })
      .withExif({ IFD0: { Copyright: 'planted' }, IFD3: { GPSLatitude: '52/1 31/1 0/1' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect(photo.includes('planted')).toBe(true);
    const asset = await uploaded(new Uint8Array(photo));
    expect(asset).toMatchObject({ width: 50, height: 70 });
    const bytes = Buffer.from(await (await fetch(asset.url)).arrayBuffer());
    expect(bytes.includes('planted')).toBe(false);
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 50, height: 70 });
    expect((await sharp(bytes).metadata()).exif).toBeUndefined();
    expect(await onDisk(gateway, asset.id)).toEqual([`assets/${asset.id}.jpg`]);
  });

  it('that is cut off, or was never a picture behind its head, is refused, and nothing is left', async () => {
    const picture = await noisyPng(200);
    const before = await kept(gateway);
    for (const bytes of [picture.slice(0, picture.byteLength / 2), picture.fill(0, 1_000)]) {
      const response = await upload(imageFile(bytes));
      expect(problemsAt(await problemOf(response, 422, 'unprocessable_image'))).toHaveProperty('/file');
    }
    expect(await kept(gateway)).toEqual(before);
  });

  it('is told to come again when too many wait to be read, and those taken are whole', async () => {
    // Few bytes and many pixels: they come faster than any machine decodes them.
    const picture = imageFile(await plainPicture('png', { width: 2800, height: 2800 }));
    const answers = await Promise.all(Array.from({ length: 120 }, () => upload(picture)));
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.length).toBeGreaterThan(0);
    for (const response of refused) {
      expect(response.headers.get('retry-after')).toBe('5');
      const problem = await problemOf(response, 503, 'overloaded');
      expect(JSON.stringify(problem)).toContain('Too many pictures wait to be read. Try again shortly.');
    }
    expect((await upload(picture)).status).toBe(201);
  });

  it('comes from a data: URI as well', async () => {
    const response = await gateway.post('/v1/assets', { url: tinyPng });
    expect(response.status).toBe(201);
    expect(assetSchema.parse(await response.json())).toMatchObject({ width: 1, height: 1 });
  });

  it('is an input of any request, as often as wanted', async () => {
    const { id } = await uploaded(await plainPicture('png'));
    for (let round = 0; round < 2; round += 1) {
      const response = await useAs(id);
      expect(response.status).toBe(202);
      expect(await gateway.ended(((await response.json()) as JobView).id)).toMatchObject({ status: 'succeeded' });
    }
  });

  it.each<[string, () => Promise<Response>, number, string, string | null]>([
    ['no image', () => upload(imageFile(new Uint8Array(Buffer.from('text')))), 422, 'unprocessable_image', '/file'],
    ['an empty file', () => upload(imageFile(new Uint8Array(0))), 422, 'unprocessable_image', '/file'],
    ['text instead of a file', () => upload('asset_x'), 400, 'invalid_request', '/file'],
    ['another field', () => upload(imageFile(tinyBytes()), 'image'), 400, 'invalid_request', '/image'],
    [
      'an empty form',
      () => gateway.fetch('/v1/assets', { method: 'POST', body: formOf([]) }),
      400,
      'invalid_request',
      null,
    ],
    [
      'a bad data: URI',
      () => gateway.post('/v1/assets', { url: 'data:image/png;base64,%%%' }),
      422,
      'unprocessable_image',
      '/url',
    ],
    [
      'a private address',
      () => gateway.post('/v1/assets', { url: 'https://127.0.0.1/a.png' }),
      422,
      'blocked_address',
      '/url',
    ],
    [
      'a bucket nobody allowed',
      () => gateway.post('/v1/assets', { url: 's3://bucket/key.png' }),
      422,
      'blocked_address',
      '/url',
    ],
    [
      'an asset',
      () => gateway.post('/v1/assets', { url: 'asset_01k9w2m4c8x5e7q3r6t1v0y2z4' }),
      400,
      'invalid_request',
      '/url',
    ],
    ['nothing', () => gateway.post('/v1/assets', {}), 400, 'invalid_request', '/url'],
    [
      'more than a URL',
      () => gateway.post('/v1/assets', { url: tinyPng, account: 'x' }),
      400,
      'invalid_request',
      '/account',
    ],
    [
      'bytes as they are',
      () =>
        gateway.fetch('/v1/assets', { method: 'POST', headers: { 'content-type': 'image/png' }, body: tinyBytes() }),
      415,
      'unsupported_media_type',
      null,
    ],
  ])('%s is refused, and nothing stays', async (_, send, status, code, pointer) => {
    const before = await kept(gateway);
    const problem = await problemOf(await send(), status, code);
    if (pointer) expect(problemsAt(problem)).toHaveProperty(pointer);
    expect(await kept(gateway)).toEqual(before);
  });

  it('larger than the limit is 413 either way', async () => {
    const before = await kept(gateway);
    const large = await noisyPng(400);
    expect(problemsAt(await problemOf(await upload(imageFile(large)), 413, 'too_large'))).toHaveProperty('/file');
    await problemOf(await gateway.post('/v1/assets', { url: dataUri(large) }), 413, 'too_large');
    expect(await kept(gateway)).toEqual(before);
  });
});

describe('a presigned upload', () => {
  it('is probed at its first use, by what it is', async () => {
    const picture = await plainPicture('jpeg', { width: 60, height: 20 });
    const presigned = await presign('image/png', picture.byteLength);
    expect(new Date(presigned.expires_at).getTime() - Date.now()).toBeLessThanOrEqual(900_000);
    expect((await put(presigned, picture)).status).toBe(200);
    const asset = assetSchema.parse(await (await gateway.fetch(`/v1/assets/${presigned.asset_id}`)).json());
    expect(asset).toMatchObject({
      id: presigned.asset_id,
      content_type: 'image/jpeg',
      width: 60,
      height: 20,
    });
    expect(await onDisk(gateway, asset.id)).toEqual([expect.stringMatching(`^assets/${asset.id}-asset_\\w+\\.jpg$`)]);
  });

  it('is made once, however many ask for it at once, also while it is sent again', async () => {
    const [jpeg, png] = await Promise.all([plainPicture('jpeg', { width: 300 }), plainPicture('png', { width: 200 })]);
    const length = Math.max(jpeg.byteLength, png.byteLength);
    const padded = (bytes: Uint8Array) =>
      new Uint8Array(Buffer.concat([bytes, Buffer.alloc(length - bytes.byteLength)]));
    const presigned = await presign('image/png', length);
    await put(presigned, padded(jpeg));
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        await put(presigned, padded(at % 2 === 0 ? png : jpeg));
        return assetSchema.parse(await (await gateway.fetch(`/v1/assets/${presigned.asset_id}`)).json());
      }),
    );
    expect(new Set(answers.map(({ sha256 }) => sha256)).size).toBe(1);
    const files = (await onDisk(gateway, presigned.asset_id)).filter((path) => path.startsWith('assets/'));
    expect(files).toHaveLength(1);
  });

  it('that is deleted while it is made stays deleted, and its file goes too', async () => {
    const picture = await noisyPng(250);
    const presigned = await presign('image/png', picture.byteLength);
    await put(presigned, picture);
    const reading = gateway.fetch(`/v1/assets/${presigned.asset_id}`);
    const deleted = await gateway.fetch(`/v1/assets/${presigned.asset_id}`, { method: 'DELETE' });
    expect(deleted.status).toBe(204);
    expect([404, 422]).toContain((await reading).status);
    await problemOf(await gateway.fetch(`/v1/assets/${presigned.asset_id}`), 404, 'not_found');
    expect(await onDisk(gateway, presigned.asset_id)).toEqual([]);
  });

  it('is an input without having been read before', async () => {
    const picture = await plainPicture('png');
    const presigned = await presign('image/png', picture.byteLength);
    await put(presigned, picture);
    const response = await useAs(presigned.asset_id);
    expect(response.status).toBe(202);
    expect(await gateway.ended(((await response.json()) as JobView).id)).toMatchObject({ status: 'succeeded' });
  });

  it('is an input of many requests that come at once', async () => {
    const picture = await plainPicture('png', { width: 300, height: 300 });
    for (let round = 0; round < 5; round += 1) {
      const presigned = await presign('image/png', picture.byteLength);
      await put(presigned, picture);
      const statuses = await Promise.all(
        Array.from(
          { length: 12 },
          async () =>
            (
              await gateway.post('/v1/compose?provider=scripted', {
                person: presigned.asset_id,
                place: presigned.asset_id,
              })
            ).status,
        ),
      );
      expect(statuses).toEqual(Array(12).fill(202));
    }
  });

  it('what was probed cannot be replaced through the old link', async () => {
    const picture = await plainPicture('png', { color: '#111111' });
    const other = await plainPicture('png', { color: '#eeeeee' });
    const length = Math.max(picture.byteLength, other.byteLength);
    const presigned = await presign('image/png', length);
    const padded = (bytes: Uint8Array) =>
      new Uint8Array(Buffer.concat([bytes, Buffer.alloc(length - bytes.byteLength)]));
    await put(presigned, padded(picture));
    const { sha256, url } = assetSchema.parse(await (await gateway.fetch(`/v1/assets/${presigned.asset_id}`)).json());
    await put(presigned, padded(other));
    expect(assetSchema.parse(await (await gateway.fetch(`/v1/assets/${presigned.asset_id}`)).json()).sha256).toBe(
      sha256,
    );
    const [level] = await sharp(Buffer.from(await (await fetch(url)).arrayBuffer()))
      .raw()
      .toBuffer();
    expect(level).toBe(0x11);
  });

  it('before anything was uploaded: 422 with what to do, at its place in a request', async () => {
    const { asset_id: id } = await presign('image/png', 100);
    const { detail } = await problemOf(await gateway.fetch(`/v1/assets/${id}`), 422, 'unprocessable_image');
    expect(detail).toContain('PUT the file');
    expect(problemsAt(await problemOf(await useAs(id), 422, 'unprocessable_image'))).toHaveProperty('/image');
  });

  it('that is no image is refused at its use; a good one may follow', async () => {
    const picture = tinyBytes();
    const presigned = await presign('image/png', picture.byteLength);
    await put(presigned, new Uint8Array(picture.byteLength));
    expect(problemsAt(await problemOf(await useAs(presigned.asset_id), 422, 'unprocessable_image'))).toHaveProperty(
      '/image',
    );
    await put(presigned, picture);
    expect((await useAs(presigned.asset_id)).status).toBe(202);
  });

  it('of another type, length, key, method or after a change is 404, and leaves nothing', async () => {
    const picture = tinyBytes();
    const presigned = await presign('image/png', picture.byteLength);
    const other = await presign('image/png', picture.byteLength);
    const keyOf = ({ url }: Presigned) => new URL(url).pathname;
    const before = await kept(gateway);
    const changed = (change: (url: URL) => void): Presigned => {
      const url = new URL(presigned.url);
      change(url);
      return { ...presigned, url: url.href };
    };
    const tries: (() => Promise<Response>)[] = [
      () => put(presigned, picture, { 'content-type': 'image/jpeg' }),
      () => put(presigned, picture, { 'content-type': 'text/html' }),
      () => put(presigned, picture.slice(1)),
      () => put(presigned, new Uint8Array([...picture, 0])),
      () =>
        put(
          changed((url) => {
            url.pathname = keyOf(other);
          }),
          picture,
        ),
      () =>
        put(
          changed((url) => {
            url.pathname = '/files/uploads/evil.png';
          }),
          picture,
        ),
      () =>
        put(
          changed((url) => {
            url.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 1));
          }),
          picture,
        ),
      () =>
        put(
          changed((url) => {
            url.search = '';
          }),
          picture,
        ),
      () => fetch(presigned.url),
    ];
    for (const send of tries) await problemOf(await send(), 404, 'not_found');
    expect(await kept(gateway)).toEqual(before);
  });

  it.each<[string, object, string]>([
    ['another type', { content_type: 'image/svg+xml', bytes: 10 }, '/content_type'],
    ['no bytes', { content_type: 'image/png', bytes: 0 }, '/bytes'],
    ['half a byte', { content_type: 'image/png', bytes: 1.5 }, '/bytes'],
    ['a key of its own', { content_type: 'image/png', bytes: 1, key: 'uploads/x.png' }, '/key'],
    ['nothing', {}, '/bytes'],
  ])('for %s is not given', async (_, body, pointer) => {
    const response = await gateway.post('/v1/assets/presign', body);
    expect(problemsAt(await problemOf(response, 400, 'invalid_request'))).toHaveProperty(pointer);
  });

  it('for more than the limit is 413', async () => {
    await problemOf(
      await gateway.post('/v1/assets/presign', { content_type: 'image/png', bytes: 256 * 1024 + 1 }),
      413,
      'too_large',
    );
  });
});

describe('deleting', () => {
  it('takes it away: the asset, its file, its link, and its use', async () => {
    const asset = await uploaded(await plainPicture('png'));
    const before = await kept(gateway);
    const response = await gateway.fetch(`/v1/assets/${asset.id}`, { method: 'DELETE' });
    expect(response.status).toBe(204);
    expect(await kept(gateway)).toMatchObject({ uploads: (before.uploads ?? 0) - 1, files: (before.files ?? 0) - 1 });
    await problemOf(await gateway.fetch(`/v1/assets/${asset.id}`), 404, 'not_found');
    await problemOf(await gateway.fetch(`/v1/assets/${asset.id}`, { method: 'DELETE' }), 404, 'not_found');
    await problemOf(await fetch(asset.url), 404, 'not_found');
    expect(problemsAt(await problemOf(await useAs(asset.id), 400, 'invalid_request'))).toEqual({
      '/image': `${asset.id} does not exist`,
    });
  });

  it('of a result too; its job stays', async () => {
    const { id } = (await (await useAs(tinyPng)).json()) as JobView;
    const [output] = (await gateway.ended(id)).outputs;
    expect((await gateway.fetch(`/v1/assets/${output?.asset_id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await gateway.job(id)).toMatchObject({ status: 'succeeded', outputs: [] });
  });

  it.each(['asset_01k9w2m4c8x5e7q3r6t1v0y2z4', 'x', '%00', 'asset_%00', '..%2f..%2fetc'])('%s is 404', async (id) => {
    await problemOf(await gateway.fetch(`/v1/assets/${id}`), 404, 'not_found');
    await problemOf(await gateway.fetch(`/v1/assets/${id}`, { method: 'DELETE' }), 404, 'not_found');
  });

  it('what the gateway made for itself is no asset of the caller', async () => {
    const body = { image: tinyPng, background: { color: 'red' }, options: { scripted: { seconds: 60 } } };
    const { id } = (await (await gateway.post('/v1/background?provider=scripted', body)).json()) as JobView;
    const inputs = () =>
      sql<{ id: string }>(gateway, "select id from assets where kind = 'input' and job_id = $1", [id]);
    await expect.poll(async () => (await inputs()).length, { timeout: 5_000 }).toBe(1);
    const [input] = await inputs();
    for (const method of ['GET', 'DELETE'])
      await problemOf(await gateway.fetch(`/v1/assets/${input?.id}`, { method }), 404, 'not_found');
    await gateway.post(`/v1/jobs/${id}/cancel`, {});
  });
});

describe('links', () => {
  const links = async (): Promise<[string, string][]> => {
    const asset = await uploaded(await plainPicture('png', { width: 200, height: 100 }));
    const { id } = (await (await useAs(asset.id)).json()) as JobView;
    return [
      ['of an upload', asset.url],
      ['of a result', (await gateway.ended(id)).outputs[0]?.url ?? ''],
    ];
  };

  it('serve the whole, a range and the head, in a way that nothing in it can run', async () => {
    for (const [name, url] of await links()) {
      const whole = await fetch(url);
      const bytes = new Uint8Array(await whole.arrayBuffer());
      expect(whole.status, name).toBe(200);
      expect(Object.fromEntries(whole.headers)).toMatchObject({
        'content-type': 'image/png',
        'content-disposition': 'inline',
        'content-length': String(bytes.byteLength),
        'content-security-policy': "sandbox; default-src 'none'",
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'cross-origin',
        'accept-ranges': 'bytes',
      });
      expect(whole.headers.get('cache-control')).toMatch(/^private, immutable, max-age=3[56]\d\d$/);
      const range = await fetch(url, { headers: { range: 'bytes=4-9' } });
      expect(range.status).toBe(206);
      expect(range.headers.get('content-range')).toBe(`bytes 4-9/${bytes.byteLength}`);
      expect(new Uint8Array(await range.arrayBuffer())).toEqual(bytes.slice(4, 10));
      const head = await fetch(url, { method: 'HEAD' });
      expect(head.headers.get('content-length')).toBe(String(bytes.byteLength));
      const same = await fetch(url, { headers: { 'if-none-match': whole.headers.get('etag') ?? '' } });
      expect(same.status).toBe(304);
      const behind = await fetch(url, { headers: { range: `bytes=${bytes.byteLength}-` } });
      expect(behind.status).toBe(416);
    }
  });

  it('live for an hour at most, and are 404 when they are over or were touched', async () => {
    for (const [name, url] of await links()) {
      const expires = Number(new URL(url).searchParams.get('expires'));
      expect(expires * 1_000 - Date.now(), name).toBeLessThanOrEqual(3_600_000);
      const touched = (change: (url: URL) => void): string => {
        const other = new URL(url);
        change(other);
        return other.href;
      };
      const signature = new URL(url).searchParams.get('signature') ?? '';
      const wrong = [
        touched((each) => each.searchParams.set('expires', String(expires + 60))),
        touched((each) =>
          each.searchParams.set(
            'signature',
            `A${signature.slice(1)}` === signature ? `B${signature.slice(1)}` : `A${signature.slice(1)}`,
          ),
        ),
        touched((each) => each.searchParams.delete('signature')),
        touched((each) => {
          each.pathname = each.pathname.replace(/(.)\.png$/, (_, last) => `${last === 'x' ? 'y' : 'x'}.png`);
        }),
        touched((each) => {
          each.pathname = each.pathname.replace('/files/', '/files//');
        }),
        touched((each) => {
          each.pathname = '/files/../postgres-18/PG_VERSION';
        }),
      ];
      for (const each of wrong) await problemOf(await fetch(each), 404, 'not_found');
    }
  });

  it('of a key that was signed but is not there are 404', async () => {
    const [[, url] = ['', '']] = await links();
    const key = new URL(url).pathname.replace('/files/', '');
    await rm(join(gateway.dataDir, 'files', key));
    await problemOf(await fetch(url), 404, 'not_found');
  });

  it('made with another secret are 404', async () => {
    const [[, url] = ['', '']] = await links();
    const { pathname, origin } = new URL(url);
    const { query } = await createSigner(new Uint8Array(32)).sign(
      { method: 'GET', key: pathname.replace('/files/', '') },
      600,
    );
    await problemOf(await fetch(`${origin}${pathname}?${query}`), 404, 'not_found');
  });

  it('are new at each reading of the job, and the old ones still work', async () => {
    const { id } = (await (await useAs(tinyPng)).json()) as JobView;
    const first = (await gateway.ended(id)).outputs[0]?.url ?? '';
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const second = (await gateway.job(id)).outputs[0]?.url ?? '';
    expect(second).not.toBe(first);
    for (const url of [first, second]) {
      const response = await fetch(url);
      expect(response.status).toBe(200);
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(0);
    }
  });
});
