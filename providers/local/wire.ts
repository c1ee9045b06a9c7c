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

/** A backdrop drawn from words: every value is chosen while planning, so a dry run shows it. */
const scene = z.strictObject({
  name: z.string(),
  /** From the top of the picture to its horizon. */
  sky: z.array(hex).readonly(),
  /** From the horizon to the bottom. */
  ground: z.array(hex).readonly(),
  /** Share of the height where the ground begins. */
  horizon: unit,
  /** How gradual the horizon is, as a share of the height. */
  seam: unit,
  /** Place in shares of width and height; size as a share of the height. */
  glow: z.strictObject({ x: unit, y: unit, size: unit, color: hex, power: unit }).nullable(),
  far: z.enum(['none', 'hills', 'mountains', 'trees', 'forest', 'city', 'town']),
  wall: z.enum(['plain', 'pool', 'plaster', 'planks', 'panels', 'drapes', 'clouds', 'stars', 'brick']),
  surface: z.enum(['plain', 'plaster', 'marble', 'stone', 'planks', 'grass', 'sand', 'shore', 'water', 'wet']),
  /** How much the ground mirrors, 0 to 1. */
  gloss: unit,
  /** Lights out of focus, in these colours. */
  lights: z.array(hex).readonly(),
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
export type Scene = z.infer<typeof scene>;
