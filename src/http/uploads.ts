import { type Intake, pointedAt } from '../jobs/intake.ts';
import type { AssetRecord } from '../jobs/model.ts';
import { RestageError } from '../operations/errors.ts';
import { limitedBody } from './body.ts';
import { Backlog, Feed } from './feed.ts';

export interface UploadOptions {
  readonly account: string;
  readonly intake: Pick<Intake, 'keep' | 'discard'>;
}

export interface ReadBody {
  readonly value: unknown;
  /** What files and `data:` URIs became; their ids stand in the value. */
  readonly uploads: readonly AssetRecord[];
}

const mostFiles = 16;

/** The files of one request, streamed into storage one after the other while its body comes. */
export class Uploads {
  readonly #options: UploadOptions;
  readonly #backlog = new Backlog();
  readonly #files: { feed: Feed; kept: Promise<AssetRecord> }[] = [];
  #failure: unknown = null;

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  /** `pointer` is where the file stands in the body. */
  open(pointer: string): Feed {
    const feed = new Feed(this.#backlog);
    if (this.#files.length >= mostFiles) {
      this.fail(new RestageError('invalid_request', `A request may bring at most ${mostFiles} files.`));
      feed.fail(this.#failure);
      return feed;
    }
    const { account, intake } = this.#options;
    const kept = intake.keep(account, feed).catch((error: unknown) => {
      const pointed = pointedAt(pointer, error);
      this.fail(pointed);
      throw pointed;
    });
    kept.catch(() => {});
    this.#files.push({ feed, kept });
    return feed;
  }

  /** The first failure is the one that is told. */
  fail(error: unknown): void {
    this.#failure ??= error;
    for (const { feed } of this.#files) feed.fail(this.#failure);
  }

  check(): void {
    if (this.#failure) throw this.#failure;
  }

  async drained(): Promise<void> {
    this.check();
    await this.#backlog.drained();
    this.check();
  }

  /** Nothing of them is held in memory any more. */
  async consumed(): Promise<void> {
    await Promise.all(this.#files.map(({ feed }) => feed.consumed));
  }

  /** The assets they became, in order. */
  kept(): Promise<AssetRecord[]> {
    return Promise.all(this.#files.map(({ kept }) => kept));
  }

  async discard(): Promise<void> {
    const settled = await Promise.allSettled(this.#files.map(({ kept }) => kept));
    const { intake } = this.#options;
    await Promise.allSettled(
      settled.map((each) => (each.status === 'fulfilled' ? intake.discard(each.value) : undefined)),
    );
  }
}

interface BodyParser {
  write(chunk: Uint8Array): void;
  end(): void;
}

/** Gives a body to a parser while it comes, as fast as storage takes the files that the parser finds in it. */
export const parseWhileItComes = async (
  request: Request,
  maxBytes: number,
  parser: BodyParser,
  uploads: Uploads,
): Promise<void> => {
  try {
    for await (const chunk of limitedBody(request, maxBytes)) {
      parser.write(chunk);
      await uploads.drained();
    }
    parser.end();
    uploads.check();
  } catch (error) {
    uploads.fail(error);
    throw error;
  }
};
