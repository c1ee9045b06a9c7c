import { notFound, overloaded } from '../operations/errors.ts';
import type { Decoder } from './decoder.ts';
import { defaultLimits } from './limits.ts';

export interface Thumbnails {
  /** WebP bytes. `open` is asked only when the thumbnail is not at hand; null from it is `not_found`. */
  get(picture: Picture, width: number): Promise<Uint8Array>;
}

interface Picture {
  /** Another one for other bytes. */
  readonly etag: string;
  readonly key: string;
  readonly open: () => Promise<AsyncIterable<Uint8Array> | null>;
}

/** Results and assets were made by us; this only ends a stream that never does. */
const mostBytes = 512 * 1024 * 1024;
/** About a thousand of the width that lists show. */
const keptBytes = 16 * 1024 * 1024;

/** Makes thumbnails when they are asked for, each once at a time, and keeps those asked for last in memory. */
export const createThumbnails = (decoder: Decoder): Thumbnails => {
  const kept = new Map<string, Uint8Array>();
  const making = new Map<string, Promise<Uint8Array>>();
  let bytes = 0;

  const keep = (name: string, made: Uint8Array): void => {
    kept.set(name, made);
    bytes += made.byteLength;
    for (const [oldest, { byteLength }] of kept) {
      if (bytes <= keptBytes) return;
      kept.delete(oldest);
      bytes -= byteLength;
    }
  };

  const make = async (name: string, { open }: Picture, width: number): Promise<Uint8Array> => {
    if (decoder.busy()) throw overloaded('Too many pictures wait to be read. Try again shortly.', 5);
    const source = await open();
    if (source === null) throw notFound('This file');
    await using file = await decoder.spool.keep(source, mostBytes);
    const thumbnail = await decoder.thumbnail(file, { width, maxPixels: defaultLimits.maxPixels });
    await using made = thumbnail.file;
    const content = Buffer.concat(await Array.fromAsync(made.stream()));
    keep(name, content);
    return content;
  };

  return {
    get: async (picture, width) => {
      const name = `${picture.key} ${picture.etag} ${width}`;
      const found = kept.get(name);
      if (found) {
        // The last asked for goes last.
        kept.delete(name);
        kept.set(name, found);
        return found;
      }
      const running = making.get(name) ?? make(name, picture, width).finally(() => making.delete(name));
      making.set(name, running);
      return running;
    },
  };
};
