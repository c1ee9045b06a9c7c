/** Addresses that nobody wrote: forms of the table, cut, mixed and garbled, the same for the same seed. */

/** Mulberry32: small, fast, and good enough to choose what to break. */
const randomFrom = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};

const pieces = [
  ...['https://', 'http://', '//', '/', '\\', '@', '#', '?', ':', '[', ']', '%', '%25', '%2e', '.', '..', '::', '%00'],
  ...['127.0.0.1', '0x7f', '0177', '2130706433', '::1', '::ffff:', '64:ff9b::', '5efe', 'localhost', '8.8.8.8', '10.'],
  ...['。', '．', '①', '１', '０', '\u00ad', '\u200d', '\u202e', '\t', '\r\n', ' ', '\0', '\ud800', '😀', 'ß', 'xn--'],
  ...['public.test', 'private.test', 'user', ':80', ':65536', '0', '9'.repeat(20), 'a'.repeat(70), 'é'],
];

export function* mutatedUrls(forms: readonly string[], count: number, seed: number): Generator<string> {
  const below = randomFrom(seed);
  const one = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const mutate = (url: string): string => {
    const at = below(url.length + 1);
    const to = Math.min(url.length, at + 1 + below(6));
    switch (below(8)) {
      case 0:
        return url.slice(0, at) + one(pieces) + url.slice(at);
      case 1:
        return url.slice(0, at) + url.slice(to);
      case 2:
        return url.slice(0, at) + one(pieces) + url.slice(to);
      case 3:
        return url.slice(0, at) + one(forms).slice(below(12));
      case 4:
        return url.slice(0, to) + url.slice(at);
      case 5:
        return url.slice(0, at) + encodeURIComponent(url.slice(at, to).toWellFormed()) + url.slice(to);
      case 6:
        return url.slice(0, at) + String.fromCodePoint(below(0x110000)) + url.slice(to);
      default:
        return url.slice(0, at) + url.slice(at, to).toUpperCase() + url.slice(to);
    }
  };
  for (let made = 0; made < count; made += 1) {
    let url = one(forms);
    for (let left = 1 + below(4); left > 0; left -= 1) url = mutate(url);
    yield url;
  }
}
