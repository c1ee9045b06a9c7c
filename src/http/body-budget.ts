import { overloaded } from '../operations/errors.ts';

const mebibyte = 1024 * 1024;
/** Of memory, for all that comes in at once: 128 bodies that stream, or words beside fewer of them. */
const mostBytes = 64 * mebibyte;
/** Large bodies must not shut out small ones, thousands of which come each second: these have room of their own. */
const roomForSmall = 32 * mebibyte;
export const smallBodyBytes = 64 * 1024;

/**
 * The most that a body of any length holds while it streams to storage: what has been read ahead of us, a chunk in the
 * parser, what waits to be written and what is being written, and the head that is probed.
 */
export const streamBytes = 512 * 1024;

let held = 0;

/** What one body holds of the budget. Throws `overloaded` when there is no room. */
export class BodyShare implements Disposable {
  #bytes = 0;

  take(bytes: number): void {
    const most = this.#bytes + bytes <= smallBodyBytes ? mostBytes + roomForSmall : mostBytes;
    if (held + bytes > most) throw overloaded('Too much is being uploaded at once. Try again shortly.', 2);
    held += bytes;
    this.#bytes += bytes;
  }

  giveBack(bytes: number): void {
    const given = Math.min(bytes, this.#bytes);
    held -= given;
    this.#bytes -= given;
  }

  [Symbol.dispose](): void {
    this.giveBack(this.#bytes);
  }
}
