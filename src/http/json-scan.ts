import { deepest, tooDeep } from './body.ts';
import { type ImagePlace, pointerAt } from './image-places.ts';
import { closing, JsonCharacters, pending } from './json-characters.ts';
import { invalid } from './problem.ts';
import type { Words } from './words.ts';

/** Takes the bytes of one `data:` URI, unescaped; `end` answers the text that stands for it from then on. */
export interface Picture {
  write(bytes: Uint8Array): void;
  end(): string;
}

interface ScanOptions {
  readonly words: Words;
  readonly places: readonly ImagePlace[];
  readonly open: (pointer: string) => Picture;
}

interface Level {
  readonly isList: boolean;
  index: number;
  key: string;
  expectsKey: boolean;
}

const quote = 0x22;
const backslash = 0x5c;
const prefix = new TextEncoder().encode('data:image/');
const longestKey = 64;

/**
 * Takes the pictures out of a JSON text while it comes: a string at one of the places that begins with `data:image/`
 * is passed on as bytes, and another text stands in its place. All the rest becomes `words` as it is, right or wrong: it
 * is for a JSON parser to judge.
 */
export class JsonScan {
  readonly #options: ScanOptions;
  readonly #characters = new JsonCharacters();
  readonly #levels: Level[] = [];
  readonly #longestPath: number;
  #state: 'between' | 'text' | 'key' | 'head' | 'picture' = 'between';
  #escaped = false;
  /** In the chunk at hand: from here on it is text that is not copied yet. */
  #from = 0;
  /** In the words: where the key or the head at hand begins. */
  #mark = 0;
  #matched = 0;
  #pointer = '';
  #picture: Picture | null = null;

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#longestPath = Math.max(0, ...options.places.map(({ path }) => path.length));
  }

  write(chunk: Uint8Array): void {
    this.#from = this.#state === 'picture' ? chunk.length : 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.#state === 'between') at = this.#between(chunk, at);
      else if (this.#state === 'picture') at = this.#inPicture(chunk, at);
      else if (this.#state === 'head') at = this.#inHead(chunk, at);
      else at = this.#inString(chunk, at);
    }
    this.#copy(chunk, chunk.length);
  }

  #between(chunk: Uint8Array, start: number): number {
    for (let at = start; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === quote) return this.#openString(chunk, at);
      if (byte === 0x7b || byte === 0x5b) this.#openLevel(byte === 0x5b);
      else if (byte === 0x7d || byte === 0x5d) this.#levels.pop();
      else if (byte === 0x2c || byte === 0x3a) this.#separate(byte === 0x2c);
    }
    return chunk.length;
  }

  #openLevel(isList: boolean): void {
    if (this.#levels.length > deepest) throw invalid([{ pointer: '', message: tooDeep }]);
    this.#levels.push({ isList, index: 0, key: '', expectsKey: !isList });
  }

  #separate(isComma: boolean): void {
    const level = this.#levels.at(-1);
    if (!level) return;
    if (isComma) level.index += 1;
    level.expectsKey = isComma && !level.isList;
  }

  #openString(chunk: Uint8Array, at: number): number {
    const isKey = this.#levels.at(-1)?.expectsKey === true;
    const place = isKey ? undefined : this.#place();
    if (place) {
      this.#copy(chunk, at);
      this.#pointer = pointerAt(place, this.#levels.at(-1)?.index ?? 0);
      this.#matched = 0;
      this.#state = 'head';
    } else {
      const isWanted = isKey && this.#levels.length <= this.#longestPath;
      if (isWanted) this.#copy(chunk, at);
      this.#state = isWanted ? 'key' : 'text';
    }
    this.#mark = this.#options.words.length;
    return at + 1;
  }

  /** The place at which a value begins, if it is one of those for pictures. */
  #place(): ImagePlace | undefined {
    const levels = this.#levels;
    if (levels.length > this.#longestPath + 1) return undefined;
    return this.#options.places.find(
      ({ path, isList }) =>
        levels.length === path.length + (isList ? 1 : 0) &&
        levels.every((level, index) =>
          index < path.length ? !level.isList && level.key === path[index] : level.isList,
        ),
    );
  }

  #inString(chunk: Uint8Array, start: number): number {
    for (let at = start; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (this.#escaped) this.#escaped = false;
      else if (byte === backslash) this.#escaped = true;
      else if (byte === quote) {
        if (this.#state === 'key') this.#closeKey(chunk, at);
        this.#state = 'between';
        return at + 1;
      }
    }
    return chunk.length;
  }

  #closeKey(chunk: Uint8Array, at: number): void {
    this.#copy(chunk, at + 1);
    const level = this.#levels.at(-1);
    if (level) level.key = keyOf(this.#options.words.from(this.#mark));
  }

  /** Until it is clear whether the string is a picture. */
  #inHead(chunk: Uint8Array, start: number): number {
    for (let at = start; at < chunk.length; at += 1) {
      const character = this.#characters.next(chunk[at] ?? 0);
      if (character === pending) continue;
      if (character !== prefix[this.#matched]) {
        this.#state = character === closing ? 'between' : 'text';
        return at + 1;
      }
      this.#matched += 1;
      if (this.#matched < prefix.length) continue;
      this.#options.words.cutTo(this.#mark);
      this.#from = chunk.length;
      this.#picture = this.#options.open(this.#pointer);
      this.#picture.write(prefix);
      this.#state = 'picture';
      return at + 1;
    }
    return chunk.length;
  }

  #inPicture(chunk: Uint8Array, start: number): number {
    const quoteAt = chunk.indexOf(quote, start);
    const plain = chunk.subarray(start, quoteAt === -1 ? chunk.length : quoteAt);
    if (!this.#characters.isPending && !plain.includes(backslash)) {
      this.#picture?.write(plain);
      if (quoteAt !== -1) this.#closePicture(quoteAt);
      return quoteAt === -1 ? chunk.length : quoteAt + 1;
    }
    const { bytes, end, isClosed } = this.#characters.read(chunk, start);
    this.#picture?.write(bytes);
    if (isClosed) this.#closePicture(end);
    return isClosed ? end + 1 : end;
  }

  #closePicture(at: number): void {
    const placeholder = new TextEncoder().encode(JSON.stringify(this.#picture?.end()));
    this.#options.words.append(placeholder);
    this.#picture = null;
    this.#from = at + 1;
    this.#state = 'between';
  }

  #copy(chunk: Uint8Array, until: number): void {
    if (until > this.#from) this.#options.words.append(chunk.subarray(this.#from, until));
    this.#from = until;
  }
}

/** Of a key with its quotes; one that is too long or wrong is none that we know. */
const keyOf = (quoted: Uint8Array): string => {
  if (quoted.length > 6 * longestKey) return '';
  try {
    return String(JSON.parse(new TextDecoder().decode(quoted)));
  } catch {
    return '';
  }
};
