/** Right pictures as JPEG: orders of scans, colour models, inks with and without Adobe's marker. */
import { type ColourSpecimen, drawn, greys, quarterAt, quartersOf, samplesOf, shown, size } from './colours.ts';
import { flatJpeg } from './flat-jpeg.ts';
import { bareJpeg, jpegSegment, withSegments } from './jpeg.ts';
import { tiffOf, tiffPicture } from './tiff.ts';

type Quarters = readonly (readonly number[])[];

/** Adobe's marker tells what three or four components are: 0 as they stand, 1 and 2 luminance and differences. */
const adobe = (transform: 0 | 1 | 2): Buffer =>
  jpegSegment(0xee, Buffer.concat([Buffer.from('Adobe'), Buffer.from([0, 100, 0, 0, 0, 0, transform])]));

const flat = (perQuarter: Quarters, segments: readonly Buffer[] = [], restartEvery = 0): Buffer =>
  flatJpeg({
    ...size,
    colourAt: (column, row) => perQuarter[quarterAt(column * 8, row * 8)] ?? [],
    segments,
    restartEvery,
  });

const luminance = ([red = 0, green = 0, blue = 0]: readonly number[]): number[] =>
  [
    0.299 * red + 0.587 * green + 0.114 * blue,
    128 - 0.168736 * red - 0.331264 * green + 0.5 * blue,
    128 + 0.5 * red - 0.418688 * green - 0.081312 * blue,
  ].map(Math.round);

/** Cyan, magenta, yellow and black of each quarter, from 0 for no ink to 255. */
const inks = [
  [0, 200, 200, 20],
  [190, 0, 190, 30],
  [190, 180, 0, 10],
  [0, 10, 200, 0],
] as const;

/** What they look like in print, by the profile that comes with libvips. */
export const printed = {
  expected: [
    [219, 70, 51],
    [4, 146, 86],
    [79, 74, 142],
    [255, 232, 52],
  ],
  tolerance: 10,
};

export const inkTiff = (big = false): Buffer =>
  tiffOf([tiffPicture({ ...size, bits: [8, 8, 8, 8], photometric: 5, pieces: [samplesOf(inks, 1)] })], { big });

/** JPEGs have 255 for no ink: Photoshop began with it, and all who read them follow. */
const storedInks: Quarters = inks.map((ink) => ink.map((value) => 255 - value));
/** Luminance and differences of the inks that are not black. */
const transformedInks: Quarters = inks.map((ink) => [...luminance(ink), 255 - ink[3]]);

const quality = 95;

export const jpegColourForms: readonly ColourSpecimen[] = [
  shown('JPEG', () => drawn().jpeg({ quality }).toBuffer()),
  shown('JPEG of full colour resolution', () => drawn().jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer()),
  shown('JPEG in many scans', () => drawn().jpeg({ quality, progressive: true }).toBuffer()),
  shown('JPEG of an optimising encoder', () => drawn().jpeg({ quality, mozjpeg: true }).toBuffer()),
  shown('JPEG without JFIF', async () => bareJpeg(await drawn().jpeg({ quality }).toBuffer())),
  shown('JPEG with Adobe’s marker', async () =>
    withSegments(bareJpeg(await drawn().jpeg({ quality }).toBuffer()), adobe(1)),
  ),
  shown('JPEG with restarts', () => flat(quartersOf.map(luminance), [], 3)),
  shown('JPEG of one component', () => flat(greys.map(([value = 0]) => [value])), { expected: greys, tolerance: 2 }),
  shown('JPEG of red, green and blue', () => flat(quartersOf, [adobe(0)]), { tolerance: 3 }),
  shown('JPEG in Display P3', () => drawn().withIccProfile('p3').jpeg({ quality }).toBuffer()),
  shown('JPEG of inks with Adobe’s marker', () => flat(storedInks, [adobe(0)]), printed),
  shown('JPEG of inks without a marker', () => flat(storedInks), printed),
  shown('JPEG of transformed inks', () => flat(transformedInks, [adobe(2)]), printed),
  shown(
    'JPEG of inks with their profile',
    () => drawn().toColourspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 97 }).toBuffer(),
    { tolerance: 90 },
  ),
];
