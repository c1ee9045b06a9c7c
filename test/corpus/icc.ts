/** Colour profiles of three primaries and one curve, ICC version 2. https://www.color.org/icc32.pdf */

/** Red, green and blue as X, Y, Z, adapted to D50. */
type Primaries = readonly [readonly number[], readonly number[], readonly number[]];

const srgbPrimaries: Primaries = [
  [0.43607, 0.22249, 0.01392],
  [0.38515, 0.71687, 0.09708],
  [0.14307, 0.06061, 0.7141],
];
const adobePrimaries: Primaries = [
  [0.60974, 0.31111, 0.01947],
  [0.20528, 0.62567, 0.06087],
  [0.14919, 0.06322, 0.74457],
];
const adobeGamma = 563 / 256;

const fixed = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(Math.round(value * 65_536));
  return bytes;
};
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const padded = (data: Buffer): Buffer => Buffer.concat([data, Buffer.alloc((4 - (data.byteLength % 4)) % 4)]);
const xyz = (values: readonly number[]): Buffer => Buffer.concat([Buffer.from('XYZ \0\0\0\0'), ...values.map(fixed)]);
const text = (value: string): Buffer => Buffer.concat([Buffer.from('text\0\0\0\0'), Buffer.from(`${value}\0`)]);
const description = (value: string): Buffer =>
  Buffer.concat([Buffer.from('desc\0\0\0\0'), uint32(value.length + 1), Buffer.from(`${value}\0`), Buffer.alloc(78)]);
const gamma = (value: number): Buffer =>
  Buffer.concat([
    Buffer.from('curv\0\0\0\0'),
    uint32(1),
    Buffer.from([Math.floor(value), Math.round((value % 1) * 256), 0, 0]),
  ]);

/** Adobe RGB (1998) under a name of any kind. */
export const adobeRgb = (name = 'Adobe RGB (1998)'): Buffer => {
  const curve = gamma(adobeGamma);
  const tags: readonly (readonly [string, Buffer])[] = [
    ['desc', description(name)],
    ['cprt', text('none')],
    ['wtpt', xyz([0.9642, 1, 0.8249])],
    ['rXYZ', xyz(adobePrimaries[0])],
    ['gXYZ', xyz(adobePrimaries[1])],
    ['bXYZ', xyz(adobePrimaries[2])],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ];
  let at = 128 + 4 + tags.length * 12;
  const table: Buffer[] = [uint32(tags.length)];
  const data = tags.map(([signature, bytes]) => {
    const whole = padded(bytes);
    table.push(Buffer.from(signature), uint32(at), uint32(bytes.byteLength));
    at += whole.byteLength;
    return whole;
  });
  const head = Buffer.alloc(128);
  head.writeUInt32BE(at, 0);
  head.writeUInt32BE(0x0210_0000, 8);
  head.write('mntrRGB XYZ ', 12);
  head.write('acsp', 36);
  Buffer.concat([fixed(0.9642), fixed(1), fixed(0.8249)]).copy(head, 68);
  return Buffer.concat([head, ...table, ...data]);
};

const cross = ([a = 0, b = 0, c = 0]: readonly number[], [d = 0, e = 0, f = 0]: readonly number[]): number[] => [
  b * f - c * e,
  c * d - a * f,
  a * e - b * d,
];
const dot = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);

/** How much of each primary makes this X, Y, Z: Cramer's rule. */
const amounts = ([red, green, blue]: Primaries, target: readonly number[]): number[] => {
  const whole = dot(red, cross(green, blue));
  return [dot(target, cross(green, blue)), dot(red, cross(target, blue)), dot(red, cross(green, target))].map(
    (part) => part / whole,
  );
};

/** The numbers that a colour of sRGB has in Adobe RGB. */
export const inAdobeRgb = (srgb: readonly number[]): number[] => {
  const linear = srgb.map((value) =>
    value <= 10.31475 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  const target = [0, 1, 2].map((axis) =>
    dot(
      srgbPrimaries.map((primary) => primary[axis] ?? 0),
      linear,
    ),
  );
  return amounts(adobePrimaries, target).map((value) => Math.round(255 * Math.max(0, value) ** (1 / adobeGamma)));
};
