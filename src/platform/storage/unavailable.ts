/** A full or read-only disk, or too many open files: nothing of the caller's doing. */
const diskCodes = ['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'EIO'];
const networkCodes = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'];

/** Whether storage cannot take or give anything now: the disk is full, or the bucket does not answer. */
export const isStorageUnavailable = (error: unknown): boolean => {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code, $metadata, name } = each as { code?: unknown; $metadata?: { httpStatusCode?: number }; name: string };
    if (typeof code === 'string' && diskCodes.includes(code)) return true;
    // What the AWS SDK throws, and only that: a caller's own address is no storage of ours.
    if ($metadata === undefined) continue;
    const status = $metadata.httpStatusCode;
    if (status === undefined || status >= 500 || status === 403 || status === 429) return true;
    if ((typeof code === 'string' && networkCodes.includes(code)) || name === 'TimeoutError') return true;
  }
  return false;
};
