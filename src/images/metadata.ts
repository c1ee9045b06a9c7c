/**
 * Finds out whether a file holds pixels and nothing else, by walking its parts. Parts are allowed by name, size, number
 * and order, so that an unknown one counts as metadata: text, EXIF, XMP, profiles, embedded workflows, and anything
 * behind the end. In doubt a file is not plain, which costs no more than encoding it anew.
 */
import { codedInPlainJpeg } from './metadata-jpeg.ts';
import { codedInPlainPng } from './metadata-png.ts';
import { codedInPlainWebp } from './metadata-webp.ts';

/** Where coded pixels lie behind which something could stand: decoders pass over it. */
export type CodedRanges = readonly (readonly [start: number, end: number])[];

/** Shorter texts happen in coded pixels, and so do long ones of few letters. */
const textLength = 24;
const textLetters = 10;

/** Printable ASCII, tabs and line breaks. */
const isText = (byte: number): boolean =>
  (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d;

const holdsText = (bytes: Uint8Array, ranges: CodedRanges): boolean => {
  for (const [start, end] of ranges) {
    let run = 0;
    for (let at = start; at < end; at += 1) {
      run = isText(bytes[at] ?? 0) ? run + 1 : 0;
      if (run < textLength) continue;
      if (new Set(bytes.subarray(at + 1 - textLength, at + 1)).size >= textLetters) return true;
      run = 0;
    }
  }
  return false;
};

/** What makes a file one of another kind too: archives, pages, documents, programs. */
const otherKinds = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08', '<script', '<html', '<svg', '<?php', '%PDF-'].map(
  (mark) => Buffer.from(mark, 'latin1'),
);

const isOtherKindToo = (bytes: Uint8Array): boolean => {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return otherKinds.some((mark) => all.includes(mark));
};

/** Gives where the coded pixels are; null for a file that holds more than it should. */
type Walk = (bytes: Uint8Array) => CodedRanges | null;

const walks: ReadonlyMap<string, Walk> = new Map([
  ['image/png', codedInPlainPng],
  ['image/webp', codedInPlainWebp],
  ['image/jpeg', codedInPlainJpeg],
]);

/** False for types it cannot walk. Says nothing about whether the pixels decode. */
export const isPlainFile = (bytes: Uint8Array, contentType: string): boolean => {
  const coded = walks.get(contentType)?.(bytes) ?? null;
  return coded !== null && !holdsText(bytes, coded) && !isOtherKindToo(bytes);
};
