const wanted = /(?:^|[,;])\s*wait\s*=\s*"?(\d+)"?\s*(?=[,;]|$)/i;

/** RFC 7240. Seconds of `wait`, 1 to 120; null without it or when it makes no sense, which the RFC says to ignore. */
export const waitSeconds = (header: string | undefined): number | null => {
  const wait = Number(wanted.exec(header ?? '')?.[1] ?? 0);
  return wait < 1 ? null : Math.min(120, wait);
};
