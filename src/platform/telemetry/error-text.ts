/** An error for the log, with its stack. What a failed statement carried stays out: it may be what a caller wrote. */
export const errorText = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const statement = /^Failed query: [^\n]*/.exec(error.message)?.[0];
  if (!statement) return error.stack ?? error.message;
  return `${statement.slice(0, 300)} ← ${error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : String(error.cause)}`;
};
