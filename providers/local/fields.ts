import type { Adjustment } from '../../src/operations/job.ts';
import type { PlanRequest } from '../../src/provider.ts';
import { readLight } from './lights.ts';
import type { LocalOptions } from './options.ts';
import { readScene } from './scenes.ts';
import { cssColor, unreadWords } from './words.ts';

type Said = Pick<Adjustment, 'action' | 'detail'> | undefined;
export type Rule = (value: unknown, request: PlanRequest<LocalOptions>) => Said;
type Rules = Readonly<Record<string, Rule>>;

const honoured: Rule = () => undefined;
const mapped =
  (detail: string): Rule =>
  () => ({ action: 'mapped', detail });
const approximated =
  (detail: string): Rule =>
  () => ({ action: 'approximated', detail });
const dropped =
  (detail: string): Rule =>
  () => ({ action: 'dropped', detail });

type Fields = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
const part = (request: PlanRequest<LocalOptions>, name: string): Readonly<Record<string, unknown>> =>
  (request.fields as unknown as Fields)[name] ?? {};

const most = 8;
const quoted = (words: readonly string[]): string => {
  const different = [...new Set(words)];
  const named = different.slice(0, most).map((word) => `“${word}”`);
  return named.join(', ') + (different.length > most ? ` and ${different.length - most} more` : '');
};

/** What was understood and, by name, what was not. */
const heard = (did: string, text: string, read: readonly string[]): string => {
  const unread = unreadWords(text, read);
  return `No model reads it: ${did}${unread.length === 0 ? '.' : `; without effect: ${quoted(unread)}.`}`;
};

/** Words that draw a backdrop. */
const sceneWords: Rule = (value) => {
  const text = String(value);
  const { read, scene } = readScene(text);
  const did = read.length === 0 ? 'a plain studio ground is drawn' : `a ${scene.name} is drawn from ${quoted(read)}`;
  return { action: 'approximated', detail: heard(did, text, read) };
};

/** Words that colour a light. */
const lightWords: Rule = (value) => {
  const text = String(value);
  const { read } = readLight(text);
  return read.length === 0
    ? { action: 'dropped', detail: 'No word named a colour, a direction or a kind of light that is known here.' }
    : { action: 'approximated', detail: heard(`the light follows ${quoted(read)}`, text, read) };
};

const resolution: Rule = (value, { options }) => {
  if (options.max_side !== undefined)
    return { action: 'dropped', detail: `options.local.max_side (${options.max_side}) decides the size.` };
  if (value !== '4K') return undefined;
  return {
    action: 'approximated',
    detail: 'Drawn with a longest side of 2048 pixels, then enlarged to 4096: no detail is added.',
  };
};

const common: Rules = {
  aspect_ratio: honoured,
  output_format: honoured,
  seed: honoured,
  resolution,
  negative_prompt: dropped('No model draws here, so there is nothing to keep out of the picture.'),
};

const light: Rules = {
  'light.direction': approximated('The shape is estimated from brightness and outline; cast shadows do not move.'),
  'light.strength': mapped('The share of directed light against even light; 0 leaves the light as it is.'),
  'light.prompt': lightWords,
  'light.reference': approximated('Only its brighter side and the colours of that side and of the other are followed.'),
};

const keep = mapped('How much the light and colour of the subject may move: 1 leaves its pixels as they are.');

/** Of several backdrops one wins; the others must say so. */
const backdropRule =
  (own: Rule): Rule =>
  (value, request) =>
    request.fields.keep_background === true
      ? { action: 'approximated', detail: 'keep_background holds the old background, so this only colours the light.' }
      : own(value, request);

const overruledBy = (winner: string): Said => ({
  action: 'dropped',
  detail: `background.${winner} was sent too and decides.`,
});

const background: Rules = {
  'background.image': backdropRule(honoured),
  'background.reference': backdropRule((_, request) =>
    part(request, 'background').image === undefined
      ? {
          action: 'approximated',
          detail: 'Its palette and where its colours lie, out of focus; not its style or things.',
        }
      : overruledBy('image'),
  ),
  'background.prompt': backdropRule((value, request) =>
    part(request, 'background').image === undefined ? sceneWords(value, request) : overruledBy('image'),
  ),
  'background.color': backdropRule((value, request) => {
    const sent = part(request, 'background');
    const winner = ['image', 'reference'].find((name) => sent[name] !== undefined);
    if (winner !== undefined) return overruledBy(winner);
    if (sent.prompt !== undefined)
      return { action: 'approximated', detail: 'It is the main colour of the ground that the words draw.' };
    return cssColor(String(value))?.opaque === false
      ? { action: 'approximated', detail: 'Results have no transparency: the colour is used opaque.' }
      : undefined;
  }),
  aspect_ratio: (value, request) =>
    request.fields.keep_background === true ? croppedShape(value, request) : undefined,
  keep_background: honoured,
  foreground_prompt: dropped('The subject is cut out by colour and outline; words cannot point at it.'),
  background_depth: (_, request) => {
    if (request.fields.keep_background === true)
      return { action: 'dropped', detail: 'keep_background holds the old background as it is.' };
    const sent = part(request, 'background');
    return ['image', 'reference', 'prompt'].some((name) => sent[name] !== undefined)
      ? { action: 'mapped', detail: 'How far the backdrop is out of focus; 0 leaves it sharp.' }
      : { action: 'dropped', detail: 'A plain colour has no depth that could be out of focus.' };
  },
  preserve_subject: keep,
};

/** Kept pictures change their shape only by losing edges. */
const croppedShape: Rule = (value) =>
  value === 'match'
    ? undefined
    : { action: 'mapped', detail: 'The picture is cropped around its middle to this shape.' };

const relight: Rules = {
  aspect_ratio: croppedShape,
  prompt: (value, request) =>
    part(request, 'light').prompt === undefined
      ? lightWords(value, request)
      : {
          action: 'dropped',
          detail: 'light.prompt was sent too and decides; no model reads the picture’s description.',
        },
  preserve_subject: keep,
};

const compose: Rules = {
  person: honoured,
  place: honoured,
  garments: approximated(
    'Each is cut out and bent onto the body by its outline. What it is (top, bottom, dress) is guessed from its shape; options.local.garment_kinds says it. Sleeveless ones go over sleeves that are there, skin under old straps is painted, and skirts, trousers and dresses need legs seen from the front.',
  ),
  prompt: (value, request) =>
    request.fields.place === undefined ? sceneWords(value, request) : lightWords(value, request),
  identity_strength: (value) =>
    value === 1
      ? undefined
      : {
          action: 'approximated',
          detail: 'The face keeps its own pixels at every value; only light and colour of the place reach it.',
        },
};

/** For each operation, what becomes of each field; silence means that it is honoured as sent. */
export const rules: Readonly<Record<string, Rules>> = {
  relight: { ...common, ...light, image: honoured, ...relight },
  background: { ...common, ...light, image: honoured, ...background },
  compose: { ...common, ...compose },
};

const always = new Set(['negative_prompt', 'foreground_prompt']);

/** The manifest's list: all that is not dropped whatever is sent. */
export const fieldsOf = (operation: string): readonly string[] =>
  Object.keys(rules[operation] ?? {}).filter((field) => !always.has(field));
