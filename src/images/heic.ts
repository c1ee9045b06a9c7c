/** HEIC photos, as phones take them. Only for decoder processes: everything here blocks. */
import { RestageError } from '../operations/errors.ts';
import { type HeifLibrary, loadHeifLibrary, type Pointer } from './heic-library.ts';
import { directoryBytes, type Rows, writeTiff } from './heic-tiff.ts';
import { defaultLimits } from './limits.ts';
import { type ColourNumbers, profileOfNumbers } from './numbered-colours.ts';

export interface HeicFacts {
  /** Upright: the decoder itself turns the picture. */
  readonly width: number;
  readonly height: number;
  /** Pictures in the file; only the primary one is ever used. */
  readonly pages: number;
  readonly hasAlpha: boolean;
}

interface Opened extends HeifLibrary, HeicFacts {
  readonly handle: Pointer;
  /** Memory in front of all pixels. */
  readonly front: Pointer;
}

const wayOut = 'Export the photo as JPEG, or on an iPhone choose Settings > Camera > Formats > Most Compatible.';

const refused = (reason: string, cause?: unknown): RestageError =>
  new RestageError('unprocessable_image', `${reason} ${wayOut}`, cause === undefined ? {} : { cause });

/** Whatever stops the library is the file's fault: it has no other input. */
const damaged = (cause: unknown): RestageError =>
  cause instanceof RestageError
    ? cause
    : refused('The HEIC photo is damaged, incomplete or of a kind that cannot be read.', cause);

/** libheif's `heif_security_limits`: places in it, and what we allow. */
const limitPlaces = { pixels: 8, tiles: 16 };
/** Phones use tiles of 512 x 512. */
const mostTiles = 1024;

const open = (bytes: Uint8Array, maxPixels: number): Opened => {
  const library = loadHeifLibrary();
  const { heif, allocate, attempt, read } = library;
  const front = allocate(8);
  const context = heif._heif_context_alloc();
  const limits = heif._heif_context_get_security_limits(context);
  const file = allocate(bytes.byteLength);
  heif.HEAPU8.set(bytes, file);
  const memory = new DataView(heif.HEAPU8.buffer);
  memory.setBigUint64(limits + limitPlaces.pixels, BigInt(maxPixels), true);
  memory.setBigUint64(limits + limitPlaces.tiles, BigInt(mostTiles), true);
  attempt('_heif_context_read_from_memory_without_copy', context, file, bytes.byteLength, 0);
  const target = allocate(4);
  attempt('_heif_context_get_primary_image_handle', context, target);
  const handle = read(target);
  const [width, height] = [heif._heif_image_handle_get_width(handle), heif._heif_image_handle_get_height(handle)];
  if (width <= 0 || height <= 0) throw new Error('no size');
  return {
    ...library,
    handle,
    front,
    width,
    height,
    pages: heif._heif_context_get_number_of_top_level_images(context),
    hasAlpha: heif._heif_image_handle_has_alpha_channel(handle) === 1,
  };
};

/** No pixel is decoded. Sizes past `maxPixels` are told, not refused. */
export const probeHeic = (bytes: Uint8Array): HeicFacts => {
  try {
    const { width, height, pages, hasAlpha } = open(bytes, Number.MAX_SAFE_INTEGER);
    return { width, height, pages, hasAlpha };
  } catch (error) {
    throw damaged(error);
  }
};

const mostProfileBytes = 4 * 1024 * 1024;

/** Its ICC profile, else the numbers that tell its colours, else null. */
const coloursOf = ({ heif, handle, allocate, attempt, read }: Opened): Uint8Array | ColourNumbers | null => {
  const length = heif._heif_image_handle_get_raw_color_profile_size(handle);
  if (length > mostProfileBytes) throw refused('The colour profile of the photo is too large.');
  if (length > 0) {
    const profile = allocate(length);
    attempt('_heif_image_handle_get_raw_color_profile', handle, profile);
    return heif.HEAPU8.slice(profile, profile + length);
  }
  const target = allocate(4);
  try {
    attempt('_heif_image_handle_get_nclx_color_profile', handle, target);
  } catch {
    return null;
  }
  return { primaries: read(read(target) + 4), curve: read(read(target) + 8) };
};

/** Null for an AVIF without such numbers, with a profile, or that cannot be read here: its own decoder judges that. */
export const avifColourNumbers = (bytes: Uint8Array): ColourNumbers | null => {
  try {
    const colours = coloursOf(open(bytes, Number.MAX_SAFE_INTEGER));
    return colours instanceof Uint8Array ? null : colours;
  } catch {
    return null;
  }
};

const profileOf = async (opened: Opened): Promise<Uint8Array> => {
  const colours = coloursOf(opened);
  if (colours instanceof Uint8Array) return colours;
  return (colours && (await profileOfNumbers(colours))) ?? new Uint8Array();
};

/** A grid's tiles may not reach further over the edge than one tile: all of each would be decoded. */
const checkTiles = ({ handle, allocate, attempt, read }: Opened): void => {
  const tiling = allocate(80);
  attempt('_heif_image_handle_get_image_tiling', handle, 0, tiling);
  const [columns = 0, rows = 0, tileWidth = 0, tileHeight = 0, width = 0, height = 0] = [4, 8, 12, 16, 20, 24].map(
    (at) => read(tiling + at),
  );
  if ((columns - 1) * tileWidth >= width || (rows - 1) * tileHeight >= height) throw new Error('more tiles than fit');
};

/** Of libheif's `heif_decoding_options`. */
const strictDecoding = 21;
const rgbColours = 1;
/** As chroma and as channel. */
const interleaved = { 3: 10, 4: 11 } as const;
const interleavedChannel = 10;

const decodeRows = (opened: Opened): Rows => {
  const { heif, handle, allocate, attempt, read, hasAlpha, width, height } = opened;
  const channels = hasAlpha ? 4 : 3;
  const options = heif._heif_decoding_options_alloc();
  heif.HEAPU8[options + strictDecoding] = 1;
  const target = allocate(4);
  attempt('_heif_decode_image', handle, target, rgbColours, interleaved[channels], options);
  const image = read(target);
  if (heif._heif_image_get_decoding_warnings(image, 0, 0, 0) > 0) throw new Error('decoded with errors');
  if (
    heif._heif_image_get_width(image, interleavedChannel) !== width ||
    heif._heif_image_get_height(image, interleavedChannel) !== height
  ) {
    throw new Error('the pixels are not as many as the header says');
  }
  const start = heif._heif_image_get_plane_readonly(image, interleavedChannel, target);
  return { width, height, channels, start, stride: read(target) };
};

const divideByAlpha = (memory: Uint8Array, { width, height, start, stride }: Rows): void => {
  for (let row = 0; row < height; row += 1) {
    for (let at = start + row * stride, end = at + width * 4; at < end; at += 4) {
      const alpha = memory[at + 3] ?? 0;
      if (alpha === 0 || alpha === 255) continue;
      for (let channel = at; channel < at + 3; channel += 1) {
        memory[channel] = Math.min(255, Math.round(((memory[channel] ?? 0) * 255) / alpha));
      }
    }
  }
};

/** The primary picture as an uncompressed TIFF that carries its colour profile: upright, of 8 bits. */
export const decodeHeic = async (
  bytes: Uint8Array,
  maxPixels: number = defaultLimits.maxPixels,
): Promise<Uint8Array> => {
  try {
    const opened = open(bytes, maxPixels);
    const { heif, handle, allocate, front } = opened;
    const profile = await profileOf(opened);
    checkTiles(opened);
    const rows = decodeRows(opened);
    if (heif._heif_image_handle_is_premultiplied_alpha(handle) === 1) divideByAlpha(heif.HEAPU8, rows);
    const directory = allocate(directoryBytes(rows, profile.byteLength));
    if (rows.start < front || directory < front) throw new Error('pixels in front of the header');
    return writeTiff(heif.HEAPU8, rows, profile, { header: front, directory });
  } catch (error) {
    throw damaged(error);
  }
};
