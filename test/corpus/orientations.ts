/** Pictures that are stored turned and mirrored, by EXIF or by properties of the file. */
import { from, quarters } from '../images/pictures.ts';
import { findBox } from './boxes.ts';
import { type ColourSpecimen, drawn, quartersOf, shown, size } from './colours.ts';
import { heicWith } from './heic.ts';
import { tiffOf, tiffPicture } from './tiff.ts';

const [red, green, blue, yellow] = quartersOf;
/** What is seen upright of quarters that are stored red, green / blue, yellow. */
export const upright: Readonly<Record<number, readonly (readonly number[])[]>> = {
  1: [red, green, blue, yellow],
  2: [green, red, yellow, blue],
  3: [yellow, blue, green, red],
  4: [blue, yellow, red, green],
  5: [red, blue, green, yellow],
  6: [blue, red, yellow, green],
  7: [yellow, green, blue, red],
  8: [green, yellow, red, blue],
};
export const orientations = [1, 2, 3, 4, 5, 6, 7, 8];
export const isTurned = (orientation: number): boolean => orientation >= 5;

export interface TurnedSpecimen extends ColourSpecimen {
  readonly width: number;
  readonly height: number;
}

const turned = (
  name: string,
  orientation: number,
  stored: { readonly width: number; readonly height: number },
  make: () => Buffer | Promise<Buffer>,
): TurnedSpecimen => ({
  ...shown(`${name} of orientation ${orientation}`, make, { expected: upright[orientation] ?? [], tolerance: 10 }),
  width: isTurned(orientation) ? stored.height : stored.width,
  height: isTurned(orientation) ? stored.width : stored.height,
});

/** HEIC has the same boxes for it as AVIF. */
const turnedHeic = async (orientation: number): Promise<Buffer> => {
  const avif = await from(quarters()).withMetadata({ orientation }).avif({ effort: 0 }).toBuffer();
  return heicWith(...['irot', 'imir'].flatMap((type) => findBox(avif, type) ?? []));
};

const turnedTiff = (orientation: number, big: boolean): Buffer =>
  tiffOf(
    [
      tiffPicture({
        ...size,
        bits: [8, 8, 8],
        photometric: 2,
        pieces: [quarters(size.width, size.height).pixels],
        more: [{ tag: 274, type: 'short', values: [orientation] }],
      }),
    ],
    { big },
  );

const options = { quality: 95, effort: 0, lossless: true };

export const turnedForms: readonly TurnedSpecimen[] = orientations.flatMap((orientation) => [
  ...(['jpeg', 'png', 'webp', 'avif', 'tiff'] as const).map((format) =>
    turned(format.toUpperCase(), orientation, size, () =>
      drawn()
        .withMetadata({ orientation })
        .toFormat(format, format === 'webp' ? { ...options } : { quality: 95, effort: 1 })
        .toBuffer(),
    ),
  ),
  turned('little-endian TIFF', orientation, size, () => turnedTiff(orientation, false)),
  turned('big-endian TIFF', orientation, size, () => turnedTiff(orientation, true)),
  turned('HEIC', orientation, { width: 128, height: 64 }, () => turnedHeic(orientation)),
]);
