const highWaterBytes = 64 * 1024;

/** What waits to be stored of all files of one request; `drained` holds the sender back. */
export class Backlog {
  #bytes = 0;
  #resume = (): void => {};

  change(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < highWaterBytes) this.#resume();
  }

  async drained(): Promise<void> {
    if (this.#bytes < highWaterBytes) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
  }
}

/** Chunks of one file on their way to storage. They must not change any more. */
export class Feed implements AsyncIterable<Uint8Array> {
  /** Resolves when nothing of the file is held any more, for whatever reason. */
  readonly consumed: Promise<void>;
  readonly #backlog: Backlog;
  #chunks: Uint8Array[] = [];
  #ended = false;
  #error: unknown = null;
  #wake = (): void => {};
  #settle = (): void => {};

  constructor(backlog: Backlog) {
    this.#backlog = backlog;
    this.consumed = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  push(chunk: Uint8Array): void {
    if (this.#ended || chunk.byteLength === 0) return;
    this.#chunks.push(chunk);
    this.#backlog.change(chunk.byteLength);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#error ??= error;
    this.#letGo();
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (this.#error) throw this.#error;
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#backlog.change(-chunk.byteLength);
          yield chunk;
        } else if (this.#ended) return;
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
      }
    } finally {
      // Whoever reads has gone: nothing may wait for it.
      this.#letGo();
    }
  }

  #letGo(): void {
    this.#ended = true;
    for (const chunk of this.#chunks.splice(0)) this.#backlog.change(-chunk.byteLength);
    this.#settle();
  }
}
