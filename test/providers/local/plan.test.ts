import { describe, expect, it } from 'vitest';
import { rules } from '../../../providers/local/fields.ts';
import local from '../../../providers/local/index.ts';
import { wireSchema } from '../../../providers/local/wire.ts';
import { gatewayFields } from '../../../src/operations/operation.ts';
import { operations, planFor } from './support.ts';

const image = 'asset_1';
const light = { direction: 'left', strength: 0.4, prompt: 'golden hour', reference: image };
const common = {
  aspect_ratio: '1:1',
  seed: 7,
  output_format: 'jpeg',
  resolution: '4K',
  count: 2,
  user: 'u',
  metadata: { a: 'b' },
  strict: false,
  max_cost_usd: 1,
  deadline_s: 60,
  options: {},
};
/** Every field each operation knows. */
const full: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  compose: {
    ...common,
    person: image,
    garments: [image, image],
    place: image,
    prompt: 'neon light from the left',
    negative_prompt: 'text',
    identity_strength: 0.5,
  },
  relight: { ...common, image, light, prompt: 'a person', negative_prompt: 'text', preserve_subject: 0.5 },
  background: {
    ...common,
    image,
    light,
    background: { prompt: 'a beach at sunset', image, reference: image, color: 'red' },
    foreground_prompt: 'a shoe',
    negative_prompt: 'text',
    preserve_subject: 0.5,
    background_depth: 0.5,
    keep_background: false,
  },
};

const leaves = (fields: object, prefix = ''): string[] =>
  Object.entries(fields).flatMap(([name, value]) =>
    prefix === '' && gatewayFields.has(name)
      ? []
      : value !== null && typeof value === 'object' && !Array.isArray(value)
        ? leaves(value, `${prefix}${name}.`)
        : [`${prefix}${name}`],
  );

const honoured: Readonly<Record<string, readonly string[]>> = {
  compose: ['aspect_ratio', 'seed', 'output_format', 'person', 'place'],
  relight: ['seed', 'output_format', 'image'],
  background: ['aspect_ratio', 'seed', 'output_format', 'image', 'background.image', 'keep_background'],
};

describe.each(Object.keys(full))('the plan of %s', (operation) => {
  const fields = full[operation] ?? {};

  it('knows every field of the contract', () => {
    const schema = operations[operation]?.fields.shape ?? {};
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(Object.keys(schema)));
    expect(Object.keys(rules[operation] ?? {})).toEqual(expect.arrayContaining(leaves(fields)));
  });

  it('says what becomes of every sent field that is not honoured as sent', () => {
    const { adjustments } = planFor(operation, fields);
    const said = adjustments.map(({ field }) => field);
    expect(new Set(said).size).toBe(said.length);
    expect([...said, ...(honoured[operation] ?? [])].sort()).toEqual(leaves(fields).sort());
    for (const { detail } of adjustments) expect(detail).toMatch(/^\S.{10,}[.]$/s);
  });

  it('costs nothing, names every image once and shows what the worker gets', () => {
    const { stages } = planFor(operation, fields);
    expect(stages).toHaveLength(1);
    expect(stages[0]?.costUsd).toBe(0);
    expect(wireSchema.safeParse(stages[0]?.wire).error).toBeUndefined();
    expect(JSON.stringify(stages[0]?.wire)).not.toContain('asset_');
  });

  it('drops what it lists as taken into account nowhere', () => {
    expect(local.manifest.operations[operation]?.fields).not.toContain('negative_prompt');
    const dropped = planFor(operation, fields).adjustments.filter(({ action }) => action === 'dropped');
    expect(dropped.map(({ field }) => field)).toContain('negative_prompt');
  });
});

describe('words', () => {
  const wireOf = (fields: object) => wireSchema.parse(planFor('background', { image, ...fields }).stages[0]?.wire);

  it('names the words it drew from, and those without effect', () => {
    const prompt = 'a dark blue wall at night with a unicorn';
    const [said] = planFor('background', { image, background: { prompt } }).adjustments;
    const [drawn, ignored] = said?.detail?.split('without effect') ?? [];
    for (const word of ['wall', 'night', 'dark', 'blue']) expect(drawn).toContain(`“${word}”`);
    expect(ignored).toContain('“unicorn”');
    expect(ignored).not.toContain('“wall”');
    const [light] = planFor('relight', { image, light: { prompt: 'golden hour through blinds' } }).adjustments;
    expect(light?.detail).toMatch(/“golden”.*without effect: “through”, “blinds”[.]$/);
  });

  it('says that a plain colour has no depth', () => {
    const fields = { image, background: { color: 'red' }, background_depth: 0.5 };
    expect(planFor('background', fields).adjustments).toMatchObject([{ field: 'background_depth', action: 'dropped' }]);
  });

  it('admits that no word was understood', () => {
    const { adjustments } = planFor('background', { image, background: { prompt: 'xyzzy' } });
    expect(adjustments).toMatchObject([{ field: 'background.prompt', action: 'approximated' }]);
    const quiet = planFor('relight', { image, light: { prompt: 'xyzzy' } });
    expect(quiet.adjustments).toMatchObject([{ field: 'light.prompt', action: 'dropped' }]);
  });

  it('takes any CSS colour and refuses what is none', () => {
    expect(wireOf({ background: { color: 'hsl(0 100% 50%)' } })).toMatchObject({
      backdrop: { kind: 'color', color: '#ff0000' },
    });
    expect(() => planFor('background', { image, background: { color: 'bleu' } })).toThrow(
      expect.objectContaining({ code: 'provider_rejected' }),
    );
  });

  it('reads a direction from the words unless one was sent', () => {
    expect(wireOf({ background: { color: 'red' }, light: { prompt: 'sun from the right' } })).toMatchObject({
      light: { direction: 'right' },
    });
    expect(
      wireOf({ background: { color: 'red' }, light: { prompt: 'from the right', direction: 'left' } }),
    ).toMatchObject({
      light: { direction: 'left' },
    });
  });

  it('keeps its options strict', () => {
    expect(local.options.safeParse({ max_side: 512 }).success).toBe(true);
    expect(local.options.safeParse({ maxside: 512 }).success).toBe(false);
  });
});
