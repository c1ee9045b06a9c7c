/** What the gateway and its decoder processes say to each other. Pictures themselves travel as files. */
import type { ErrorCode } from '../operations/errors.ts';
import type { OutputFormat } from '../operations/operation.ts';
import type { PreparedImage } from './prepare.ts';
import type { ProbedImage } from './probe.ts';
import type { VerifiedImage } from './verify.ts';

/** A picture that was written to a file. */
export type WrittenImage<Image extends PreparedImage = PreparedImage> = Omit<Image, 'bytes'>;

interface TaskOptions {
  readonly probe: { readonly maxPixels: number };
  readonly prepare: { readonly types?: readonly string[]; readonly maxSide?: number; readonly maxPixels: number };
  readonly verify: { readonly format?: OutputFormat; readonly maxPixels: number };
  readonly thumbnail: { readonly width: number; readonly maxPixels: number };
}

export interface TaskResults {
  readonly probe: ProbedImage;
  readonly prepare: WrittenImage;
  /** Written only when it was encoded anew. */
  readonly verify: WrittenImage<VerifiedImage>;
  readonly thumbnail: WrittenImage;
}

export type TaskKind = keyof TaskResults;

export interface DecoderTask<Kind extends TaskKind = TaskKind> {
  readonly kind: Kind;
  /** A path, or the first bytes of a file for `probe`. */
  readonly source: string | Uint8Array;
  /** Path of the file to write; unset for `probe`. */
  readonly target?: string;
  readonly options: TaskOptions[Kind];
}

export type DecoderAnswer =
  | { readonly ok: true; readonly value: TaskResults[TaskKind] }
  | { readonly ok: false; readonly code: ErrorCode | null; readonly message: string; readonly cause: string };
