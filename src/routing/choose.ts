import { RestageError } from '../operations/errors.ts';
import type { Operation, SentImage } from '../operations/operation.ts';
import type { PlanRequest } from '../provider.ts';
import type { Backend } from './backend.ts';
import { type ChosenPlan, judge } from './judge.ts';

export interface Routing {
  /** All that are on, in the order of the documentation. */
  readonly backends: readonly Backend[];
  /** The operator's order per operation. */
  readonly routes: Readonly<Record<string, { readonly use: readonly string[] }>>;
}

export interface Choice extends ChosenPlan {
  readonly eligible: readonly string[];
  readonly ineligible: readonly { readonly provider: string; readonly reasons: readonly string[] }[];
}

/**
 * The first backend that can take the request: of those the caller named, else of the operator's route, else of all.
 * Throws `unknown_provider`, `unsupported_by_provider` (one was named) or `no_eligible_provider`.
 */
export const choose = (
  routing: Routing,
  operation: Operation,
  fields: PlanRequest<unknown>['fields'],
  images: readonly SentImage[],
  named: readonly string[] | null,
): Choice => {
  const verdicts = candidates(routing, operation.name, named).map((backend) => ({
    name: backend.name,
    verdict: judge(backend, operation, fields, images),
  }));
  const eligible = verdicts.flatMap(({ verdict }) => ('chosen' in verdict ? verdict.chosen : []));
  const ineligible = verdicts.flatMap(({ name, verdict }) =>
    'reasons' in verdict ? { provider: name, reasons: verdict.reasons } : [],
  );

  const [first] = eligible;
  if (first) return { ...first, eligible: eligible.map(({ backend }) => backend.name), ineligible };
  const why = ineligible.map(({ provider, reasons }) => `${provider}: ${reasons.join('; ')}`).join(' | ');
  if (named?.length === 1) throw new RestageError('unsupported_by_provider', why);
  throw new RestageError('no_eligible_provider', why || `No backend is set up for ${operation.name}.`);
};

const candidates = (routing: Routing, operation: string, named: readonly string[] | null): Backend[] => {
  const byName = new Map(routing.backends.map((backend) => [backend.name, backend]));
  const wanted = named ?? routing.routes[operation]?.use;
  if (!wanted) {
    const others = routing.backends.filter(({ provider }) => !provider.manifest.onlyWhenAlone);
    return others.length > 0 ? others : [...routing.backends];
  }
  return wanted.map((name) => {
    const backend = byName.get(name);
    if (backend) return backend;
    throw new RestageError(
      'unknown_provider',
      `There is no provider ${JSON.stringify(name)} here. There are: ${[...byName.keys()].join(', ')}.`,
    );
  });
};
