/** SHA-256, in hex, of a value whose order of keys does not matter, and in which other texts stand for some. */
export const fingerprintOf = async (value: unknown, replaced: ReadonlyMap<string, string>): Promise<string> => {
  const text = JSON.stringify(normal(value, replaced));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
};

const normal = (value: unknown, replaced: ReadonlyMap<string, string>): unknown => {
  if (typeof value === 'string') return replaced.get(value) ?? value;
  if (Array.isArray(value)) return value.map((each) => normal(each, replaced));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, normal(each, replaced)]),
  );
};
