/** ISO base media files, the container of HEIC and AVIF: ISO/IEC 14496-12 and 23008-12. */

const uint = (bytes: number, value: number): Buffer => {
  const data = Buffer.alloc(bytes);
  data.writeUIntBE(value, 0, bytes);
  return data;
};
export const uint8 = (value: number): Buffer => uint(1, value);
export const uint16 = (value: number): Buffer => uint(2, value);
export const uint32 = (value: number): Buffer => uint(4, value);

export const box = (type: string, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...parts]);
  return Buffer.concat([uint32(body.byteLength + 4), body]);
};
export const fullBox = (type: string, version: number, ...parts: readonly Uint8Array[]): Buffer =>
  box(type, uint32(version << 24), ...parts);

export const properties = {
  size: (width: number, height: number) => fullBox('ispe', 0, uint32(width), uint32(height)),
  /** Quarter turns against the clock. */
  turn: (quarters: number) => box('irot', uint8(quarters)),
  mirror: (axis: 0 | 1) => box('imir', uint8(axis)),
  profile: (icc: Uint8Array) => box('colr', Buffer.from('prof'), icc),
  /** Numbers of ITU-T H.273. */
  colours: (primaries: number, curve: number, matrix: number) =>
    box('colr', Buffer.from('nclx'), uint16(primaries), uint16(curve), uint16(matrix), uint8(0x80)),
};

export interface HeifItem {
  readonly type: string;
  readonly data: Uint8Array;
  readonly properties?: readonly Buffer[];
  readonly hidden?: boolean;
  /** What it is made of or stands beside: item numbers from 1. */
  readonly references?: readonly { readonly type: string; readonly to: readonly number[] }[];
}

export interface HeifFile {
  readonly brand: string;
  readonly brands?: readonly string[];
  /** Numbered from 1; the first is the primary one. */
  readonly items: readonly HeifItem[];
}

const itemEntry = (item: HeifItem, index: number): Buffer =>
  Buffer.concat([
    box(
      'infe',
      uint32((2 << 24) | (item.hidden === true ? 1 : 0)),
      uint16(index + 1),
      uint16(0),
      Buffer.from(`${item.type}\0`, 'latin1'),
      ...(item.type === 'mime' ? [Buffer.from('application/rdf+xml\0')] : []),
    ),
  ]);

/** Items with the same property share it; an association has seven bits for its number. */
const itemProperties = (items: readonly HeifItem[]): Buffer => {
  const shared = new Map<string, { index: number; bytes: Buffer }>();
  const indexOf = (bytes: Buffer): number => {
    const key = bytes.toString('latin1');
    const known = shared.get(key) ?? { index: shared.size + 1, bytes };
    shared.set(key, known);
    return known.index;
  };
  const associations = items.map((item, index) => {
    const own = (item.properties ?? []).map((bytes) => uint8(indexOf(bytes)));
    return Buffer.concat([uint16(index + 1), uint8(own.length), ...own]);
  });
  const container = box('ipco', ...[...shared.values()].map(({ bytes }) => bytes));
  return box('iprp', container, fullBox('ipma', 0, uint32(items.length), ...associations));
};

const itemReferences = (items: readonly HeifItem[]): Buffer[] => {
  const boxes = items.flatMap((item, index) =>
    (item.references ?? []).map(({ type, to }) => box(type, uint16(index + 1), uint16(to.length), ...to.map(uint16))),
  );
  return boxes.length === 0 ? [] : [fullBox('iref', 0, ...boxes)];
};

const itemLocations = (items: readonly HeifItem[], start: number): Buffer => {
  let at = start;
  const entries = items.map(({ data }, index) => {
    const entry = Buffer.concat([uint16(index + 1), uint16(0), uint16(1), uint32(at), uint32(data.byteLength)]);
    at += data.byteLength;
    return entry;
  });
  return fullBox('iloc', 0, uint16(0x4400), uint16(items.length), ...entries);
};

export const heifOf = ({ brand, brands = ['mif1', brand], items }: HeifFile): Buffer => {
  const fileType = box('ftyp', Buffer.from(brand), uint32(0), ...brands.map((name) => Buffer.from(name, 'latin1')));
  const meta = (start: number): Buffer =>
    fullBox(
      'meta',
      0,
      fullBox('hdlr', 0, uint32(0), Buffer.from('pict'), Buffer.alloc(13)),
      fullBox('pitm', 0, uint16(1)),
      itemLocations(items, start),
      fullBox('iinf', 0, uint16(items.length), ...items.map(itemEntry)),
      itemProperties(items),
      ...itemReferences(items),
    );
  const start = fileType.byteLength + meta(0).byteLength + 8;
  return Buffer.concat([fileType, meta(start), box('mdat', ...items.map(({ data }) => data))]);
};

/** The first box of that type, wherever it is. */
export const findBox = (file: Buffer, type: string): Buffer | null => {
  const at = file.indexOf(type, 0, 'latin1');
  return at < 4 ? null : file.subarray(at - 4, at - 4 + file.readUInt32BE(at - 4));
};
