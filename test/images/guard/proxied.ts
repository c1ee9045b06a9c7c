/**
 * Fetches in all our ways, or for comparison by Node's own `fetch`, in a process whose environment names a proxy, and
 * prints what came of it.
 */
import { parseAllowList } from '../../../src/images/addresses.ts';
import { createGuardedClient } from '../../../src/images/guarded-client.ts';
import { createGuardedFetch } from '../../../src/images/guarded-fetch.ts';
import { createS3Reader } from '../../../src/platform/storage/s3-reader.ts';
import { credentials, region } from '../../platform/storage/s3-server.ts';

export interface Proxied {
  readonly image: string;
  readonly secure: string;
  readonly post: string;
  readonly s3: string;
}

const { FARM_HOST: host = '', FARM_IMAGE: image = '', S3_URL: endpoint = '' } = process.env;
const endOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: Error) => error.name,
  );
const signal = AbortSignal.timeout(10_000);

const ours = async (): Promise<Proxied> => {
  const guarded = createGuardedFetch({ allow: [host], bucketMs: 1 });
  const read = (url: string): Promise<string> => endOf(Array.fromAsync(guarded.fetchImage(url, { maxBytes: 10_000 })));
  const client = createGuardedClient({
    allow: parseAllowList([host]),
    maxRedirects: 0,
    connectTimeoutMs: 2_000,
    headersTimeoutMs: 2_000,
    idleTimeoutMs: 2_000,
  });
  const reader = await createS3Reader({ buckets: ['callers'], region, credentials, endpoint });
  const posted = async (): Promise<void> => {
    const response = await client.request(image, { method: 'POST', headers: {}, body: 'hello', signal });
    response.discard();
  };
  const found = {
    image: await read(image),
    // The farm speaks no TLS: that nobody else is asked is what counts.
    secure: await read(image.replace('http:', 'https:')),
    post: await endOf(posted()),
    s3: await endOf(
      Array.fromAsync(reader.open({ bucket: 'callers', key: 'photo.gif' }, { maxBytes: 10_000, signal })),
    ),
  };
  await Promise.all([guarded.close(), client.close()]);
  reader.close();
  return found;
};

console.log(JSON.stringify(process.argv[2] === 'plain' ? await endOf(fetch(image)) : await ours()));
