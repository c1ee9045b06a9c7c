const highWaterBytes = 128 * 1024;

/** Chunks of one file on their way to storage; `drained` holds the sender back. */
export class Feed implements AsyncIterable<Uint8Array> {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #error: unknown = null;
  #wake = (): void => {};
  #drain = (): void => {};

  push(chunk: Uint8Array): void {
    if (this.#ended) return;
    // The parser reuses its buffer.
    this.#chunks.push(chunk.slice());
    this.#bytes += chunk.byteLength;
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#error ??= error;
    this.#ended = true;
    this.#wake();
    this.#drain();
  }

  async drained(): Promise<void> {
    if (this.#bytes < highWaterBytes || this.#ended) return;
    await new Promise<void>((resolve) => {
      this.#drain = resolve;
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (this.#error) throw this.#error;
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#bytes -= chunk.byteLength;
          if (this.#bytes < highWaterBytes) this.#drain();
          yield chunk;
        } else if (this.#ended) return;
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
      }
    } finally {
      // Whoever reads has gone: nothing may wait for it.
      this.#ended = true;
      this.#chunks = [];
      this.#drain();
    }
  }
}
