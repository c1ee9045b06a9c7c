import { RestageError } from '../operations/errors.ts';

interface WordsOptions {
  readonly mostTextBytes: number;
  /** Before so many bytes more are held. */
  readonly hold: (bytes: number) => void;
}

/** What of a body is no picture. */
export class Words {
  readonly #options: WordsOptions;
  #bytes = new Uint8Array(0);
  #length = 0;

  constructor(options: WordsOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    const { mostTextBytes, hold } = this.#options;
    if (length > mostTextBytes) throw tooMany(mostTextBytes);
    if (length > this.#bytes.length) {
      const size = Math.min(mostTextBytes, Math.max(4_096, 2 * length));
      hold(size - this.#bytes.length);
      const larger = new Uint8Array(size);
      larger.set(this.from(0));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  from(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#length);
  }

  cutTo(length: number): void {
    this.#length = length;
  }
}

const tooMany = (mostBytes: number): RestageError =>
  new RestageError(
    'too_large',
    `The body has more than ${mostBytes} bytes beside its pictures. A picture is a data:image/…;base64, URI at the place of an image.`,
  );
