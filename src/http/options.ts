import type { InputProblem } from '../operations/errors.ts';
import type { Routing } from '../routing/choose.ts';
import { escapePointer } from './body.ts';
import { problemsOf } from './validate.ts';

/** What a caller means for a provider must be right for it, also when another one gets the request in the end. */
export const optionProblems = (routing: Routing, options: unknown): InputProblem[] => {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) return [];
  const providers = new Map(
    routing.backends.flatMap(({ name, provider }) => [
      [provider.id, provider],
      [name, provider],
    ]),
  );
  return Object.entries(options).flatMap(([id, sent]) => {
    const provider = providers.get(id);
    const place = `/options/${escapePointer(id)}`;
    if (!provider) return [{ pointer: place, message: 'there is no such provider here' }];
    const parsed = provider.options.safeParse(sent);
    if (parsed.success) return [];
    return problemsOf(parsed.error, `is not an option of ${id}`).map(({ pointer, message }) => ({
      pointer: `${place}${pointer}`,
      message,
    }));
  });
};
