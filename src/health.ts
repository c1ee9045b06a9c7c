import { overloaded } from './operations/errors.ts';
import { isDatabaseUnavailable } from './platform/database/client.ts';
import { isStorageUnavailable } from './platform/storage/unavailable.ts';

/** What is away comes back; all else is a fault of ours, and stays one. */
export const unavailable = (error: unknown): unknown => {
  // First: a refused connection to the bucket looks like one to the database.
  if (isStorageUnavailable(error)) return overloaded('The storage is full or away for the moment. Try again later.', 5);
  if (isDatabaseUnavailable(error)) return overloaded('The database is away for the moment. Try again.', 1);
  return error;
};

/** Each part is asked; one that fails is named. */
export const readiness = async (
  checks: Record<string, () => Promise<unknown>>,
  stopping: AbortSignal,
): Promise<{ ready: boolean; checks: Record<string, string> }> => {
  const results = await Promise.all(
    Object.entries(checks).map(
      async ([name, check]) =>
        [
          name,
          await check().then(
            () => 'ok',
            () => 'unavailable',
          ),
        ] as const,
    ),
  );
  const all = [...results, ...(stopping.aborted ? [['process', 'stopping'] as const] : [])];
  return { ready: all.every(([, result]) => result === 'ok'), checks: Object.fromEntries(all) };
};
