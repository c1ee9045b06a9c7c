/** One address in every spelling that a URL parser, a resolver or a careless filter may take for it. */

type Bytes = readonly [number, number, number, number];

export const bytesOf = (address: string): Bytes => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [a, b, c, d];
};

const numberOf = ([a, b, c, d]: Bytes): number => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
const octal = (value: number): string => `0${value.toString(8)}`;
const hex = (value: number): string => `0x${value.toString(16)}`;
const padded = (value: number, length: number): string => value.toString(16).padStart(length, '0');

/** Replaces each digit by the character at its distance from `zero`. */
const inDigits = (text: string, zero: number): string =>
  text.replaceAll(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
const circled = (text: string): string =>
  text.replaceAll(/\d/g, (digit) => (digit === '0' ? '⓪' : String.fromCodePoint(0x2460 + Number(digit) - 1)));
const superscript = (text: string): string => text.replaceAll(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? digit);
const percent = (text: string): string =>
  [...text].map((character) => `%${padded(character.charCodeAt(0), 2)}`).join('');

/** What the parser of the URL standard reads as this address; all have to come to the same end as its plain form. */
export const ipv4Spellings = (address: string): Record<string, string> => {
  const [a, b, c, d] = bytesOf(address);
  const whole = numberOf([a, b, c, d]);
  const parts = [a, b, c, d];
  return {
    plain: address,
    'trailing dot': `${address}.`,
    octal: parts.map(octal).join('.'),
    'octal, padded': parts.map((part) => `000000${part.toString(8)}`).join('.'),
    hex: parts.map(hex).join('.'),
    'hex, upper case': parts.map((part) => `0X${part.toString(16).toUpperCase()}`).join('.'),
    'hex, padded': parts.map((part) => `0x${padded(part, 8)}`).join('.'),
    'octal first': `${octal(a)}.${b}.${c}.${d}`,
    'hex last': `${a}.${b}.${c}.${hex(d)}`,
    'octal, hex, decimal': `${octal(a)}.${hex(b)}.${c}.${octal(d)}`,
    'three parts': `${a}.${b}.${(c << 8) | d}`,
    'three parts, hex': `${hex(a)}.${hex(b)}.${hex((c << 8) | d)}`,
    'two parts': `${a}.${(b << 16) | (c << 8) | d}`,
    'two parts, mixed': `${octal(a)}.${hex((b << 16) | (c << 8) | d)}`,
    'two parts, trailing dot': `${a}.${(b << 16) | (c << 8) | d}.`,
    '32 bits': String(whole),
    '32 bits, hex': hex(whole),
    '32 bits, octal': octal(whole),
    '32 bits, padded hex': `0x${padded(whole, 16)}`,
    '32 bits, trailing dot': `${whole}.`,
    'full-width digits': inDigits(address, 0xff10),
    'full-width digits and dots': inDigits(address, 0xff10).replaceAll('.', '．'),
    'full-width hex': `０ｘ${padded(whole, 8)}`,
    'ideographic dots': address.replaceAll('.', '。'),
    'half-width dots': address.replaceAll('.', '｡'),
    'one full-width dot': address.replace('.', '．'),
    'circled digits': circled(address),
    'mathematical digits': inDigits(address, 0x1d7d8),
    'bold digits, 32 bits': inDigits(String(whole), 0x1d7ce),
    superscript: superscript(address),
    'percent-encoded': percent(address),
    'percent-encoded dots': address.replaceAll('.', '%2e'),
    'percent-encoded full-width': encodeURIComponent(inDigits(address, 0xff10)),
    'soft hyphen': `${address.slice(0, 1)}\u00ad${address.slice(1)}`,
    'zero-width space': `\u200b${address}`,
    'word joiner': `${address}\u2060`,
    'variation selector': `${address}\ufe0f`,
    'tab inside': `${address.slice(0, 1)}\t${address.slice(1)}`,
    'newline inside': `${address.slice(0, 2)}\r\n${address.slice(2)}`,
  };
};

/** What a careless parser may read as this address; the standard's takes it for no host at all. */
export const brokenSpellings = (address: string): Record<string, string> => ({
  'null byte': `${address}%00`,
  'null byte and a name': `${address}%00.public.test`,
  space: `${address}%20`,
  'leading space': `%20${address}`,
  'percent-encoded slash': `${address}%2f.public.test`,
  'percent-encoded at': `public.test%40${address}`,
  'percent-encoded hash': `${address}%23.public.test`,
  'encoded twice': percent(percent(address)),
  'five parts': `${address}.1`,
  'overflowing part': `256.${address}`,
  'overflowing whole': String(2 ** 32 + numberOf(bytesOf(address))),
  'no octal': `08.${address.split('.').slice(1).join('.')}`,
  'arabic digits': inDigits(address, 0x660),
  'in brackets': `[${address}]`,
  'zero-width joiner': `${address}\u200d`,
  'bracket, zone': `[${address}%25lo]`,
  wildcard: address.replace(/^\d+/, '*'),
  'angle brackets': `<${address}>`,
  caret: `${address}^`,
  'vertical bar': `|${address}`,
});

/** IPv6 addresses that carry this IPv4 address, or lead to it through a gateway. */
export const embedded = (address: string): Record<string, string> => {
  const [a, b, c, d] = bytesOf(address);
  const high = padded((a << 8) | b, 4);
  const low = padded((c << 8) | d, 4);
  const turned = `${padded(((a << 8) | b) ^ 0xffff, 4)}:${padded(((c << 8) | d) ^ 0xffff, 4)}`;
  return {
    mapped: `::ffff:${address}`,
    'mapped, hex': `::ffff:${high}:${low}`,
    'mapped, upper case': `::FFFF:${high.toUpperCase()}:${low.toUpperCase()}`,
    'mapped, long': `0:0:0:0:0:ffff:${address}`,
    'mapped, padded': `0000:0000:0000:0000:0000:ffff:${high}:${low}`,
    'mapped, odd compression': `0::ffff:${address}`,
    compatible: `::${address}`,
    'compatible, hex': `::${high}:${low}`,
    'compatible, long': `0:0:0:0:0:0:${address}`,
    translated: `::ffff:0:${address}`,
    'translated, hex': `::ffff:0:${high}:${low}`,
    NAT64: `64:ff9b::${address}`,
    'NAT64, hex': `64:ff9b::${high}:${low}`,
    'NAT64, long': `0064:ff9b:0:0:0:0:${high}:${low}`,
    'NAT64, local prefix': `64:ff9b:1::${address}`,
    'NAT64, local /56': `64:ff9b:1:${high}:${low}::`,
    '6to4': `2002:${high}:${low}::`,
    '6to4 with host': `2002:${high}:${low}::1`,
    'Teredo server': `2001:0:${high}:${low}::`,
    'Teredo client': `2001:0:4136:e378:8000:63bf:${turned}`,
    ISATAP: `fe80::5efe:${address}`,
    'ISATAP, public prefix': `2a00:1450::5efe:${high}:${low}`,
    'ISATAP, universal': `2a00:1450:4001:1:200:5efe:${high}:${low}`,
  };
};

/** Spellings of an IPv6 address; `::` has to be in it. */
export const ipv6Spellings = (address: string): Record<string, string> => {
  const [head = '', tail = ''] = address.split('::').map((side) => side.split(':').filter(Boolean)) as unknown as [
    string[],
    string[],
  ];
  const groups = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
  return {
    plain: `[${address}]`,
    long: `[${groups.join(':')}]`,
    padded: `[${groups.map((group) => group.padStart(4, '0')).join(':')}]`,
    'upper case': `[${groups.join(':').toUpperCase()}]`,
    'percent-encoded': `%5b${address}%5d`,
    'zone id': `[${address}%25lo]`,
    'bare zone id': `[${address}%lo]`,
    'numeric zone id': `[${address}%251]`,
    'no brackets': address,
    'trailing dot': `[${address}].`,
    'ninth group': `[${groups.join(':')}:0]`,
  };
};
