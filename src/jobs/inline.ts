import { type Operation, pointerOf, type SentImage } from '../operations/operation.ts';
import type { PlanRequest } from '../provider.ts';
import { type Intake, pointedAt } from './intake.ts';
import type { AssetRecord } from './model.ts';

type Fields = PlanRequest<unknown>['fields'];

/** `data:` URIs become assets, so that a job's row stays small whatever the picture. */
export const keepInline = async (
  intake: Intake,
  {
    account,
    fields,
    signal,
    operation,
  }: { account: string; fields: Fields; signal: AbortSignal; operation: Operation },
  sent: readonly SentImage[],
): Promise<{ fields: Fields; assets: AssetRecord[] }> => {
  const inline = sent.filter(({ source }) => source.startsWith('data:'));
  if (inline.length === 0) return { fields, assets: [] };
  const assets = new Map<string, AssetRecord>();
  for (const image of inline) {
    if (assets.has(image.source)) continue;
    try {
      assets.set(image.source, await intake.keepFrom(account, image.source, signal));
    } catch (error) {
      await Promise.allSettled([...assets.values()].map((asset) => intake.discard(asset)));
      throw pointedAt(pointerOf(operation, image), error);
    }
  }
  const replaced = new Map([...assets].map(([source, { id }]) => [source, id]));
  return { fields: replaceStrings(fields, replaced), assets: [...assets.values()] };
};

export const replaceStrings = <Value>(value: Value, replaced: ReadonlyMap<string, string>): Value => {
  if (typeof value === 'string') return (replaced.get(value) ?? value) as Value;
  if (Array.isArray(value)) return value.map((each) => replaceStrings(each, replaced)) as Value;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaceStrings(each, replaced)])) as Value;
};
