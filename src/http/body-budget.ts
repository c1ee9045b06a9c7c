import { overloaded } from '../operations/errors.ts';

/** JSON bodies are held whole. All of them together take no more than this; who comes when it is full comes again. */
const mostBytes = 256 * 1024 * 1024;
/** Too small to be worth counting: thousands of them arrive each second. */
const uncountedBytes = 64 * 1024;

let held = 0;

/** A body's share of the budget; it grows while the body comes, and is given back when the body has been dealt with. */
export class BodyShare implements Disposable {
  #bytes = 0;
  #counted = 0;

  /** Throws `overloaded` when there is no room. */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= uncountedBytes) return;
    const more = this.#bytes - this.#counted;
    if (held + more > mostBytes) {
      throw overloaded('Too many large bodies at once. Try again, or upload images with POST /v1/assets.', 2);
    }
    held += more;
    this.#counted = this.#bytes;
  }

  [Symbol.dispose](): void {
    held -= this.#counted;
    this.#counted = 0;
  }
}
