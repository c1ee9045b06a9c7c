/** What the first bytes say. Nothing that is not recognised here reaches a decoder. */

export const acceptedTypes = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/avif',
  'image/heic',
  'image/gif',
  'image/tiff',
] as const;
export type AcceptedType = (typeof acceptedTypes)[number];

/** As many bytes as `sniff` looks at. */
export const sniffBytes = 64;

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

const heicBrands = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1'];

/** ISO base media: the brands of the `ftyp` box tell AVIF from HEIC. */
const sniffBrands = (bytes: Uint8Array): 'image/avif' | 'image/heic' | null => {
  const boxEnd = Math.min(((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0), bytes.byteLength);
  const brands = [latin1(bytes, 8, 12)];
  for (let at = 16; at + 4 <= boxEnd; at += 4) brands.push(latin1(bytes, at, at + 4));
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'image/avif';
  return brands.some((brand) => heicBrands.includes(brand)) ? 'image/heic' : null;
};

export const sniff = (bytes: Uint8Array): AcceptedType | null => {
  const text = latin1(bytes, 0, 12);
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'image/webp';
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'image/gif';
  if (/^(?:II[*+]\0|MM\0[*+])/.test(text)) return 'image/tiff';
  return text.slice(4, 8) === 'ftyp' ? sniffBrands(bytes.subarray(0, sniffBytes)) : null;
};
