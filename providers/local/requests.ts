import { type PlanRequest, ProviderError } from '../../src/provider.ts';
import { readLight } from './lights.ts';
import type { LocalOptions } from './options.ts';
import { readScene } from './scenes.ts';
import type { BackdropWire, LightWire, Wire } from './wire.ts';
import { cssColor } from './words.ts';

type Request = PlanRequest<LocalOptions>;
interface SentLight {
  readonly direction?: LightWire['direction'];
  readonly strength?: number;
  readonly prompt?: string;
}
interface SentBackground {
  readonly prompt?: string;
  readonly color?: string;
}

const ref = (role: string, index = 0): { image: string } => ({ image: `${role}#${index}` });
const has = (request: Request, role: string): boolean => request.images.some((image) => image.role === role);
const refOf = (request: Request, role: string): { image: string } | null => (has(request, role) ? ref(role) : null);

const sides: Readonly<Record<string, number>> = { '1K': 1024, '2K': 2048, '4K': 4096 };

const common = ({ fields, options }: Request, follow: string) => {
  const [width = 0, height = 0] = (fields.aspect_ratio ?? 'match').split(':').map(Number);
  return {
    ratio: height > 0 ? { width, height } : null,
    follow: ref(follow),
    side: options.max_side ?? (fields.resolution === undefined ? null : (sides[fields.resolution] ?? null)),
    format: fields.output_format ?? 'png',
    seed: fields.seed ?? null,
  };
};

const lightOf = (request: Request, words: string | undefined): LightWire => {
  const sent = (request.fields.light ?? {}) as SentLight;
  const read = readLight(sent.prompt ?? words ?? '');
  return {
    direction: sent.direction ?? read.direction ?? null,
    strength: sent.strength ?? 0.6,
    colors: [...read.colors],
    contrast: read.contrast,
    reference: refOf(request, 'light.reference'),
  };
};

const colorOf = (text: string): string => {
  const color = cssColor(text);
  if (color === undefined)
    throw new ProviderError('provider_rejected', `background.color: “${text}” is not a CSS colour.`);
  return color.hex;
};

const backdropOf = (request: Request): BackdropWire => {
  if (request.fields.keep_background === true) return { kind: 'kept' };
  const sent = (request.fields.background ?? {}) as SentBackground;
  const base = sent.color === undefined ? undefined : colorOf(sent.color);
  const scene = sent.prompt === undefined ? null : readScene(sent.prompt, base).scene;
  if (has(request, 'background.image')) return { kind: 'image', source: ref('background.image') };
  if (has(request, 'background.reference'))
    return { kind: 'palette', source: ref('background.reference'), scene: scene };
  if (scene !== null) return { kind: 'scene', scene: scene };
  return { kind: 'color', color: base ?? '#ffffff' };
};

const backgroundWire = (request: Request): Wire => {
  const { fields } = request;
  const sent = (fields.background ?? {}) as SentBackground;
  const light = fields.light === undefined ? null : lightOf(request, undefined);
  const mood = refOf(request, 'background.image') ?? refOf(request, 'background.reference');
  const kept = fields.keep_background === true;
  const colors = [...readLight(sent.prompt ?? '').colors, ...(sent.color === undefined ? [] : [colorOf(sent.color)])];
  return {
    operation: 'background',
    ...common(request, 'image'),
    subject: ref('image'),
    backdrop: backdropOf(request),
    mood: kept ? { source: mood, colors: colors.slice(0, 2) } : { source: null, colors: [] },
    light,
    depth: Number(fields.background_depth ?? 0),
    keep: Number(fields.preserve_subject ?? 0.5),
  };
};

const composeWire = (request: Request): Wire => {
  const { fields, options, images } = request;
  const prompt = fields.prompt as string | undefined;
  const place = has(request, 'place');
  const words = place ? readLight(prompt ?? '') : undefined;
  return {
    operation: 'compose',
    ...common(request, place ? 'place' : 'person'),
    person: ref('person'),
    garments: images
      .filter(({ role }) => role === 'garment')
      .map(({ index }) => ({ ...ref('garment', index), kind: options.garment_kinds?.[index] ?? 'auto' })),
    backdrop: place ? { kind: 'image', source: ref('place') } : { kind: 'scene', scene: readScene(prompt ?? '').scene },
    light: words !== undefined && words.read.length > 0 ? { ...lightOf(request, prompt), strength: 0.35 } : null,
  };
};

const relightWire = (request: Request): Wire => ({
  operation: 'relight',
  ...common(request, 'image'),
  subject: ref('image'),
  light: lightOf(request, request.fields.prompt as string | undefined),
  keep: Number(request.fields.preserve_subject ?? 0),
});

/** The request in the worker's words. */
export const drawWire = (request: Request): Wire => {
  if (request.operation === 'relight') return relightWire(request);
  return request.operation === 'background' ? backgroundWire(request) : composeWire(request);
};
