/** RFC 7240. Seconds of `wait`, 1 to 120; null without it or when it makes no sense, which the RFC says to ignore. */
export const waitSeconds = (header: string | undefined): number | null => {
  const wait = /(?:^|[,;]\s*)wait\s*=\s*"?(\d{1,6})"?/i.exec(header ?? '')?.[1];
  if (wait === undefined || Number(wait) < 1) return null;
  return Math.min(120, Number(wait));
};
