/** HEIC photos as phones make them, and hostile ones, around one picture that was encoded elsewhere. */
import { readFileSync } from 'node:fs';
import { box, findBox, fullBox, type HeifItem, heifOf, properties, uint8, uint16, uint32 } from './boxes.ts';
import { type Specimen, specimen, truncations } from './specimen.ts';

const read = (name: string): Buffer => readFileSync(new URL(`./heic/${name}.heic`, import.meta.url));
export const heicQuarters = (): Buffer => read('quarters');
export const heicTenBits = (): Buffer => read('ten-bits');
export const heicSize = { width: 128, height: 64 };

const found = (file: Buffer, type: string): Buffer => {
  const bytes = findBox(file, type);
  if (bytes === null) throw new Error(`no ${type}`);
  return bytes;
};

/** The one picture's decoder settings and its coded pixels. */
const hevc = () => {
  const file = heicQuarters();
  return { settings: found(file, 'hvcC'), coded: found(file, 'mdat').subarray(8) };
};

interface CodedOptions {
  readonly size?: Buffer;
  readonly more?: readonly Buffer[];
  readonly hidden?: boolean;
}
const codedItem = ({
  size = properties.size(heicSize.width, heicSize.height),
  more = [],
  hidden = false,
}: CodedOptions = {}): HeifItem => {
  const { settings, coded } = hevc();
  return { type: 'hvc1', data: coded, properties: [settings, size, ...more], hidden };
};

/** The picture with more properties: turned, mirrored, with other colours. */
export const heicWith = (...more: readonly Buffer[]): Buffer => heifOf({ brand: 'heic', items: [codedItem({ more })] });

/** Says another size than its pixels have. */
export const heicOfSize = (width: number, height: number): Buffer =>
  heifOf({ brand: 'heic', items: [codedItem({ size: properties.size(width, height) })] });

/** How much shows through is told by a second picture, here by the brightness of the same one. */
export const heicWithAlpha = ({ premultiplied = false } = {}): Buffer => {
  const urn = fullBox('auxC', 0, Buffer.from('urn:mpeg:hevc:2015:auxid:1\0'));
  const picture = codedItem();
  const alpha = codedItem({ more: [urn] });
  return heifOf({
    brand: 'heic',
    items: [
      premultiplied ? { ...picture, references: [{ type: 'prem', to: [2] }] } : picture,
      { ...alpha, references: [{ type: 'auxl', to: [1] }] },
    ],
  });
};

/** With an EXIF item, whose orientation must not count. */
export const heicWithExif = (exif: Uint8Array): Buffer =>
  heifOf({
    brand: 'heic',
    items: [
      codedItem(),
      { type: 'Exif', data: Buffer.concat([uint32(0), exif]), references: [{ type: 'cdsc', to: [1] }] },
    ],
  });

export interface HeicGrid {
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
  readonly more?: readonly Buffer[];
  /** Item numbers; unset, one picture for each place. */
  readonly tiles?: readonly number[];
}

/** Tiles next to each other, here all alike, as phones store large photos. */
export const heicGrid = ({ columns, rows, width, height, more = [], tiles }: HeicGrid): Buffer => {
  const pictures = Array.from({ length: tiles === undefined ? rows * columns : 4 }, () => codedItem({ hidden: true }));
  const grid: HeifItem = {
    type: 'grid',
    data: Buffer.concat([Buffer.from([0, 0, rows - 1, columns - 1]), uint16(width), uint16(height)]),
    properties: [properties.size(width, height), ...more],
    references: [{ type: 'dimg', to: tiles ?? pictures.map((_, index) => index + 2) }],
  };
  return heifOf({ brand: 'heic', items: [grid, ...pictures] });
};

/** The number of four bytes behind a box's head, written anew. */
const altered = (file: Buffer, type: string, offset: number, bytes: Buffer): Buffer => {
  const copy = Buffer.from(file);
  bytes.copy(copy, copy.indexOf(type, 0, 'latin1') + offset);
  return copy;
};

const nested = (depth: number): Buffer => {
  let inner: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level += 1) inner = box(level % 2 === 0 ? 'dinf' : 'meta', uint32(0), inner);
  return inner;
};

const fileType = (): Buffer => heicQuarters().subarray(0, 28);

/** None of them is a picture. */
export const brokenHeic: readonly Specimen[] = [
  ...truncations('HEIC', heicQuarters),
  ...truncations('HEIC grid', () => heicGrid({ columns: 3, rows: 2, width: 384, height: 128 })),
  specimen('a size far larger than the pixels', () =>
    heifOf({ brand: 'heic', items: [codedItem({ size: properties.size(7000, 7000) })] }),
  ),
  specimen('a size smaller than the pixels', () =>
    heifOf({ brand: 'heic', items: [codedItem({ size: properties.size(16, 16) })] }),
  ),
  specimen('a size of nothing', () => heifOf({ brand: 'heic', items: [codedItem({ size: properties.size(0, 0) })] })),
  specimen('no size', () =>
    heifOf({ brand: 'heic', items: [{ type: 'hvc1', data: hevc().coded, properties: [hevc().settings] }] }),
  ),
  specimen('no decoder settings', () =>
    heifOf({ brand: 'heic', items: [{ type: 'hvc1', data: hevc().coded, properties: [properties.size(128, 64)] }] }),
  ),
  specimen('settings of another kind', () => altered(heicQuarters(), 'hvcC', 4, Buffer.alloc(60, 0xff))),
  specimen('pixels of zeros', () => altered(heicQuarters(), 'mdat', 4, Buffer.alloc(60))),
  specimen('a grid that is its own tile', () =>
    heicGrid({ columns: 2, rows: 1, width: 256, height: 64, tiles: [1, 2] }),
  ),
  specimen('a grid of tiles that are not there', () =>
    heicGrid({ columns: 2, rows: 1, width: 256, height: 64, tiles: [9, 9] }),
  ),
  specimen('a grid with too few tiles', () =>
    heicGrid({ columns: 200, rows: 200, width: 25_600, height: 12_800, tiles: [2] }),
  ),
  specimen('a grid of 65025 times one tile', () =>
    heicGrid({
      columns: 255,
      rows: 255,
      width: 32_640,
      height: 16_320,
      tiles: Array.from({ length: 65_025 }, () => 2),
    }),
  ),
  specimen('a grid of 900 tiles where one would do', () => heicGrid({ columns: 30, rows: 30, width: 128, height: 64 })),
  specimen('a picture beyond the file', () => altered(heicQuarters(), 'iloc', 20, Buffer.alloc(8, 0x7f))),
  specimen('a box as large as can be', () => altered(heicQuarters(), 'meta', -4, uint32(0xffff_ffff))),
  specimen('a box that is smaller than its head', () => altered(heicQuarters(), 'meta', -4, uint32(7))),
  specimen('boxes within boxes', () => Buffer.concat([fileType(), nested(5000)])),
  specimen('a hundred thousand boxes', () =>
    Buffer.concat([fileType(), ...Array.from({ length: 100_000 }, () => box('free')), box('meta')]),
  ),
  specimen('sixty thousand items', () =>
    heifOf({ brand: 'heic', items: Array.from({ length: 60_000 }, () => ({ type: 'hvc1', data: uint8(0) })) }),
  ),
  specimen('two pictures made of each other', () =>
    heifOf({
      brand: 'heic',
      items: [
        {
          type: 'iden',
          data: uint8(0),
          properties: [properties.size(128, 64)],
          references: [{ type: 'dimg', to: [2] }],
        },
        {
          type: 'iden',
          data: uint8(0),
          properties: [properties.size(128, 64)],
          references: [{ type: 'dimg', to: [1] }],
        },
      ],
    }),
  ),
  specimen('a head alone', () => Buffer.concat([fileType(), Buffer.alloc(1000)])),
];
