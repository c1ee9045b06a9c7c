import { DataUriReader, decodeDataUri } from '../images/data-uri.ts';
import { pointedAt } from '../jobs/intake.ts';
import type { AssetRecord } from '../jobs/model.ts';
import { isSmall, jsonLimit, mostWordsBytes, parseJson, readJson } from './body.ts';
import { type BodyShare, smallBodyBytes, streamBytes } from './body-budget.ts';
import { type ImagePlace, imagesIn } from './image-places.ts';
import { JsonScan, type Picture } from './json-scan.ts';
import { parseWhileItComes, type ReadBody, type UploadOptions, Uploads } from './uploads.ts';
import { Words } from './words.ts';

interface JsonOptions extends UploadOptions {
  readonly places: readonly ImagePlace[];
  readonly maxImageBytes: number;
  /** How many images of full size a body may bring. */
  readonly images: number;
  /** Has to live as long as the value. */
  readonly share: BodyShare;
}

/**
 * Reads a JSON body. A small one is read as it is, and `data:` URIs in it are for `keepWritten`. In any other they
 * stream into storage while it comes and stand in the value as asset ids; when anything is wrong, what was stored is
 * deleted again.
 */
export const readJsonBody = async (request: Request, options: JsonOptions): Promise<ReadBody> => {
  const { maxImageBytes, images, share } = options;
  if (isSmall(request)) return { value: await readJson(request, smallBodyBytes, share), uploads: [] };
  share.take(streamBytes);
  const uploads = new Uploads(options);
  try {
    const reading = new JsonReading(uploads, options);
    await parseWhileItComes(request, jsonLimit(maxImageBytes, images), reading, uploads);
    await uploads.consumed();
    share.giveBack(streamBytes);
    return await reading.body();
  } catch (error) {
    await uploads.discard();
    throw error;
  }
};

class JsonReading {
  readonly #words: Words;
  readonly #scan: JsonScan;
  readonly #uploads: Uploads;
  readonly #options: JsonOptions;
  #pictures = 0;
  #value: unknown;

  constructor(uploads: Uploads, options: JsonOptions) {
    this.#uploads = uploads;
    this.#options = options;
    this.#words = new Words({ mostTextBytes: mostWordsBytes, hold: (bytes) => options.share.take(bytes) });
    this.#scan = new JsonScan({
      places: options.places,
      open: (pointer) => this.#open(pointer),
      words: this.#words,
    });
  }

  write(chunk: Uint8Array): void {
    this.#scan.write(chunk);
  }

  end(): void {
    this.#value = parseJson(this.#words.from(0), this.#pictures === 0);
  }

  /** Nothing can be written like this at a place of an image: it would have been taken for a picture. */
  #placeholder(index: number): string {
    return `data:image/#${index}`;
  }

  #open(pointer: string): Picture {
    const feed = this.#uploads.open(pointer);
    const uri = new DataUriReader(this.#options.maxImageBytes);
    const placeholder = this.#placeholder(this.#pictures);
    this.#pictures += 1;
    const decode = (work: () => Uint8Array): void => {
      try {
        feed.push(work());
      } catch (error) {
        throw pointedAt(pointer, error);
      }
    };
    return {
      write: (bytes) => decode(() => uri.write(bytes)),
      end: () => {
        decode(() => uri.end());
        feed.end();
        return placeholder;
      },
    };
  }

  async body(): Promise<ReadBody> {
    const kept = await this.#uploads.kept();
    const assets = new Map(kept.map((asset, index) => [this.#placeholder(index), asset]));
    const used = new Set<AssetRecord>();
    for (const image of imagesIn(this.#value, this.#options.places)) {
      const asset = assets.get(image.source);
      if (!asset) continue;
      image.replace(asset.id);
      used.add(asset);
    }
    // Of a key that is given twice the last one counts.
    const others = kept.filter((asset) => !used.has(asset));
    await Promise.all(others.map((asset) => this.#options.intake.discard(asset)));
    return { value: this.#value, uploads: [...used] };
  }
}

/** The `data:` URIs that are still written in a body become assets too, added to `uploads` as they are stored. */
export const keepWritten = async (
  value: unknown,
  uploads: AssetRecord[],
  { account, intake, places, maxImageBytes }: UploadOptions & Pick<JsonOptions, 'places' | 'maxImageBytes'>,
): Promise<void> => {
  const ids = new Map<string, string>();
  for (const { pointer, source, replace } of imagesIn(value, places)) {
    if (!source.startsWith('data:')) continue;
    try {
      if (!ids.has(source)) {
        const asset = await intake.keep(account, once(decodeDataUri(source, maxImageBytes)));
        uploads.push(asset);
        ids.set(source, asset.id);
      }
      replace(ids.get(source) ?? source);
    } catch (error) {
      throw pointedAt(pointer, error);
    }
  }
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
