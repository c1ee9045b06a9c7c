import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (key: string): Buffer => createHash('sha256').update(key).digest();

/**
 * Who a key belongs to. Only hashes are kept; every one is compared, in constant time, so that neither the time nor a
 * shared beginning tells anything. Without keys everybody is `anonymous`.
 */
export const createAuthenticate = (
  entries: readonly { account: string; key: string }[],
): ((key: string | null) => string | null) => {
  const known = entries.map(({ account, key }) => ({ account, hash: digest(key) }));
  if (known.length === 0) return () => 'anonymous';
  return (key) => {
    if (key === null || key.length > 512) return null;
    const sent = digest(key);
    let found: string | null = null;
    for (const { account, hash } of known) if (timingSafeEqual(hash, sent)) found = account;
    return found;
  };
};
