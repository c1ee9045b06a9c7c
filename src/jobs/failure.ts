import { errorTable } from '../operations/errors.ts';
import type { JobError } from '../operations/job.ts';
import { ProviderError } from '../provider.ts';

/** What a caller may know of a failed exchange; the cause goes to the log alone. */
export const failureOf = (error: unknown, provider: string): JobError => {
  if (!(error instanceof ProviderError)) {
    return { code: 'provider_error', message: errorTable.provider_error.title, retryable: true, provider };
  }
  const { code, message, retryable, stage } = error;
  return { code, message, retryable, provider, ...(stage && { stage }) };
};

/** For the log: the chain of causes, without stacks. */
export const causesOf = (error: unknown): string => {
  const chain: string[] = [];
  for (let each = error; each !== undefined && chain.length < 5; each = (each as { cause?: unknown }).cause) {
    // What a failed statement carried may be what a caller wrote.
    chain.push(each instanceof Error ? `${each.name}: ${each.message.replace(/\nparams: [\s\S]*/, '')}` : String(each));
    if (!(each instanceof Error)) break;
  }
  return chain.join(' ← ');
};
