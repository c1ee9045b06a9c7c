/** What is taken for a picture at all, and how the rest is refused. Loads no decoder. */
import { RestageError } from '../operations/errors.ts';
import { type AcceptedType, sniff } from './sniff.ts';

export const acceptedText = 'JPEG, PNG, WebP, AVIF, HEIC, GIF and TIFF images are accepted.';

export const unprocessable = (reason: string, cause?: unknown): RestageError =>
  new RestageError('unprocessable_image', reason, cause === undefined ? {} : { cause });

/** By the first `sniffBytes` of a file. */
export const checkedType = (head: Uint8Array): AcceptedType => {
  const type = sniff(head);
  if (type === null) throw unprocessable(`This is no image of a known kind. ${acceptedText}`);
  return type;
};
