import { sendUploads } from './load/run.ts';
import type { UploadLoad } from './load/uploads.ts';
import { startBareCopy } from './support/bare-copy.ts';
import { startDatabase } from './support/database.ts';
import { type Benchmark, type Figure, median } from './support/figure.ts';
import { startGateway } from './support/gateway.ts';
import { startScripted } from './support/scripted.ts';

const rounds = 3;
const load = { imageBytes: 10_000_000, uploads: 16, atOnce: 4 };
const megabyte = 1_000_000;
/** Of what a bare copy takes in the same time. The intake hashes and probes, and syncs a folder and two rows besides. */
const leastShare = 0.5;

const ways = [
  ['a file in a form', 'form'],
  ['a data: URI in JSON', 'json'],
  ['a presigned PUT', 'direct'],
] as const satisfies readonly (readonly [string, UploadLoad['way']])[];

/** How quickly images of 10 MB come in, four at a time, against a server that only copies and syncs. */
export const intake: Benchmark = {
  name: 'intake',
  run: async () => {
    await using bare = await startBareCopy();
    await using database = await startDatabase();
    await using upstream = await startScripted();
    await using gateway = await startGateway({
      entry: 'scripted',
      environment: { ROLE: 'api', DATABASE_URL: database.url, SCRIPTED_URL: upstream.url },
    });
    const perSecond = async (url: string, way: UploadLoad['way']): Promise<number> => {
      const { statuses, takenBytes, seconds } = await sendUploads({ url, way, ...load });
      const others = Object.keys(statuses).filter((status) => !status.startsWith('2'));
      if (others.length > 0) throw new Error(`not every image was taken: ${JSON.stringify(statuses)}`);
      return takenBytes / seconds / megabyte;
    };
    for (const [, way] of ways) await perSecond(gateway.url, way);
    const copied: number[] = [];
    const taken = new Map<string, number[]>(ways.map(([name]) => [name, []]));
    // By turns: a disk is not the same from one minute to the next.
    for (let round = 0; round < rounds; round += 1) {
      copied.push(await perSecond(bare.url, 'bare'));
      for (const [name, way] of ways) taken.get(name)?.push(await perSecond(gateway.url, way));
    }
    const copy = median(copied);
    const figures = [...taken].map(
      ([name, values]): Figure => ({
        name,
        value: median(values),
        unit: 'MB/s',
        target: { atLeast: leastShare * copy },
      }),
    );
    return [{ name: 'a bare copy', value: copy, unit: 'MB/s' }, ...figures];
  },
};
