import { z } from 'zod';

/** An image of the request, e.g. `background.image#0`: role and place within the role. */
const image = z.strictObject({ image: z.string() });
const hex = z.string();
const unit = z.number();

const light = z.strictObject({
  direction: z.enum(['none', 'above', 'below', 'left', 'right']).nullable(),
  strength: unit,
  colors: z.array(hex),
  contrast: unit,
  reference: image.nullable(),
});

const scene = z.strictObject({
  name: z.string(),
  sky: z.array(hex),
  ground: z.array(hex),
  horizon: unit,
  glow: z.strictObject({ x: unit, y: unit, size: unit, color: hex }).nullable(),
  far: z.enum(['none', 'hills', 'trees', 'city', 'waves']),
  surface: z.enum(['plain', 'plaster', 'marble', 'planks', 'grass', 'sand', 'water', 'wet']),
  wall: z.enum(['plain', 'plaster', 'marble', 'planks', 'clouds', 'stars', 'brick']),
  lights: z.array(hex),
});

const common = {
  /** Width to height, or null to follow the picture named by `follow`. */
  ratio: z.strictObject({ width: z.number(), height: z.number() }).nullable(),
  follow: image,
  /** Longest side in pixels; null follows the picture, up to 1536. */
  side: z.number().nullable(),
  format: z.enum(['png', 'jpeg', 'webp']),
  /** Null draws the same for every first picture. */
  seed: z.number().nullable(),
};

const backdrop = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('image'), source: image }),
  z.strictObject({ kind: z.literal('color'), color: hex }),
  z.strictObject({ kind: z.literal('scene'), scene }),
  z.strictObject({ kind: z.literal('palette'), source: image, scene: scene.nullable() }),
  z.strictObject({ kind: z.literal('kept') }),
]);

/** What the worker is told. `plan` makes it, so that a dry run shows exactly this. */
export const wireSchema = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('relight'), ...common, subject: image, light, keep: unit }),
  z.strictObject({
    operation: z.literal('background'),
    ...common,
    subject: image,
    backdrop,
    /** Images and words that only colour the light when the old background is kept. */
    mood: z.strictObject({ source: image.nullable(), colors: z.array(hex) }),
    light: light.nullable(),
    /** 0 sharp to 1 far out of focus. */
    depth: unit,
    /** 1 leaves the subject's pixels alone. */
    keep: unit,
  }),
  z.strictObject({
    operation: z.literal('compose'),
    ...common,
    person: image,
    garments: z.array(z.strictObject({ image: z.string(), kind: z.enum(['auto', 'top', 'bottom', 'dress']) })),
    backdrop,
    light: light.nullable(),
  }),
]);

export type Wire = z.infer<typeof wireSchema>;
export type RelightWire = Extract<Wire, { operation: 'relight' }>;
export type BackgroundWire = Extract<Wire, { operation: 'background' }>;
export type ComposeWire = Extract<Wire, { operation: 'compose' }>;
export type LightWire = z.infer<typeof light>;
export type BackdropWire = z.infer<typeof backdrop>;
export type SceneWire = z.infer<typeof scene>;
