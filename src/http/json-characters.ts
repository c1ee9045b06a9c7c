/** A character has not ended yet. */
export const pending = -1;
/** The quote that ends the string. */
export const closing = -2;
/** Stands for all that is not ASCII, and for broken escapes. */
const foreign = 0xff;

const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;
const escapes = new Map(
  [...'"\\/bfnrt'].map((letter, index) => [letter.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(index)]),
);

/** The characters of a JSON string, from bytes that may be cut anywhere. */
export class JsonCharacters {
  /** How many bytes of an escape have come: `\` is the first, `\u` two. */
  #escape = 0;
  #code = 0;

  get isPending(): boolean {
    return this.#escape > 0;
  }

  next(byte: number): number {
    if (this.#escape === 0) {
      if (byte === quote) return closing;
      if (byte !== backslash) return byte;
      this.#escape = 1;
      return pending;
    }
    if (this.#escape === 1) {
      this.#escape = byte === letterU ? 2 : 0;
      this.#code = 0;
      return byte === letterU ? pending : (escapes.get(byte) ?? foreign);
    }
    this.#code = this.#code * 16 + digitOf(byte);
    this.#escape = (this.#escape + 1) % 6;
    if (this.#escape > 0) return pending;
    return this.#code < 0x80 ? this.#code : foreign;
  }

  /** All characters up to the end of the string or of the chunk. */
  read(chunk: Uint8Array, start: number): { bytes: Uint8Array; end: number; isClosed: boolean } {
    const bytes = new Uint8Array(chunk.length - start);
    let length = 0;
    for (let at = start; at < chunk.length; at += 1) {
      const character = this.next(chunk[at] ?? 0);
      if (character === closing) return { bytes: bytes.subarray(0, length), end: at, isClosed: true };
      if (character === pending) continue;
      bytes[length] = character;
      length += 1;
    }
    return { bytes: bytes.subarray(0, length), end: chunk.length, isClosed: false };
  }
}

/** Of a hexadecimal digit; for anything else so much that the character is foreign. */
const digitOf = (byte: number): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 0x10000;
};
