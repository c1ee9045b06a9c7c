import type { Adjustment } from '../operations/job.ts';
import { gatewayFields, type Operation, type SentImage } from '../operations/operation.ts';
import { type Plan, type PlanRequest, ProviderError } from '../provider.ts';
import { type Backend, optionsAt } from './backend.ts';

export interface ChosenPlan {
  readonly backend: Backend;
  readonly plan: Plan;
  readonly adjustments: Adjustment[];
  /** For all pictures. */
  readonly costUsd: number;
}

export type Verdict = { readonly chosen: ChosenPlan } | { readonly reasons: readonly string[] };

type Fields = PlanRequest<unknown>['fields'];

/** Whether a backend can really take a request, and with which plan; else every reason why not. */
export const judge = (
  backend: Backend,
  operation: Operation,
  fields: Fields,
  images: readonly SentImage[],
): Verdict => {
  const capability = backend.provider.manifest.operations[operation.name];
  if (!capability) return { reasons: [`does not do ${operation.name}`] };

  const options = optionsAt(backend, fields.options);
  if (!options.success)
    return { reasons: options.error.issues.map(({ path, message }) => `option ${path.join('.')}: ${message}`) };

  const reasons = tooManyImages(capability.images, images);
  if (fields.deadline_s !== undefined && fields.deadline_s < capability.expectedSeconds) {
    reasons.push(`takes about ${capability.expectedSeconds} s, more than deadline_s ${fields.deadline_s}`);
  }
  if (reasons.length > 0) return { reasons };

  const planned = planOf(backend, { operation: operation.name, fields, images, options: options.data });
  if ('reasons' in planned) return planned;

  const { plan } = planned;
  const adjustments = allAdjustments(backend, plan, fields, capability.fields);
  const costUsd = priceOf(plan, fields.count ?? 1);
  if (costUsd === null) reasons.push('its price is not known');
  else if (fields.max_cost_usd !== undefined && costUsd > fields.max_cost_usd) {
    reasons.push(`costs ${costUsd} USD, more than max_cost_usd ${fields.max_cost_usd}`);
  }
  if (fields.strict) {
    const changed = adjustments.filter(({ action }) => action !== 'mapped');
    reasons.push(...changed.map(({ field, action, detail }) => `strict: ${field} would be ${action} (${detail})`));
  }
  return costUsd === null || reasons.length > 0 ? { reasons } : { chosen: { backend, plan, adjustments, costUsd } };
};

const planOf = (backend: Backend, request: PlanRequest<unknown>): { plan: Plan } | { reasons: string[] } => {
  try {
    return { plan: backend.provider.plan(request, backend.settings) };
  } catch (error) {
    if (error instanceof ProviderError) return { reasons: [error.message] };
    throw error;
  }
};

const tooManyImages = (takes: Readonly<Record<string, number>>, images: readonly SentImage[]): string[] => {
  const sent = Map.groupBy(images, ({ role }) => role);
  return [...sent].flatMap(([role, list]) => {
    const most = takes[role] ?? 0;
    if (list.length <= most) return [];
    return most === 0 ? `takes no ${role} image` : `takes at most ${most} ${role} images, not ${list.length}`;
  });
};

const priceOf = (plan: Plan, count: number): number | null => {
  const prices = plan.stages.map(({ costUsd }) => costUsd);
  if (prices.includes(null)) return null;
  return Number((prices.reduce<number>((sum, price) => sum + (price ?? 0), 0) * count).toFixed(6));
};

/** The plan's own, and a `dropped` for each sent field that neither the manifest nor the plan speaks of. */
const allAdjustments = (backend: Backend, plan: Plan, fields: Fields, honoured: readonly string[]): Adjustment[] => {
  const named = plan.adjustments.map((each) => ({ ...each, provider: backend.provider.id }));
  const spokenOf = [...honoured, ...named.map(({ field }) => field)];
  const silent = leavesOf(fields).filter(
    (path) =>
      !gatewayFields.has(path.split('.')[0] ?? '') &&
      !spokenOf.some((each) => path === each || path.startsWith(`${each}.`) || each.startsWith(`${path}.`)),
  );
  const dropped = silent.map((field) => ({
    field,
    action: 'dropped' as const,
    provider: backend.provider.id,
    detail: 'this provider has no such setting',
  }));
  return [...named, ...dropped];
};

/** Dotted paths of all values; lists count as one. */
export const leavesOf = (value: object, prefix = ''): string[] =>
  Object.entries(value).flatMap(([key, each]) => {
    if (each === undefined) return [];
    const nested = each !== null && typeof each === 'object' && !Array.isArray(each);
    return nested ? leavesOf(each, `${prefix}${key}.`) : `${prefix}${key}`;
  });
