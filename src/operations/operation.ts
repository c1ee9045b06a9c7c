import { z } from '@hono/zod-openapi';

/** One place in a request where images stand: `path` leads to a string or a list of strings. */
export interface ImageRole {
  /** The word providers use for it in their manifests, e.g. `background.image`. */
  readonly role: string;
  readonly path: readonly string[];
  readonly max: number;
  readonly required: boolean;
  readonly description: string;
}

export interface OperationExample {
  readonly summary: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What one operation is. Routes, OpenAPI, multipart parsing, docs and the conformance suite are made from it. */
export interface Operation {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** The operation's own fields; strict and without those of every operation. */
  readonly fields: z.ZodObject;
  /** Rules across fields: returns every problem, with its JSON pointer. */
  readonly check: (fields: Readonly<Record<string, unknown>>) => readonly { pointer: string; message: string }[];
  readonly images: readonly ImageRole[];
  /** `aspect_ratio: match` follows the first of these roles that was sent. */
  readonly aspectFrom: readonly string[];
  readonly examples: readonly OperationExample[];
  readonly outputs: { readonly kind: 'image' };
}

/** An image in a request: an https URL, a `data:` URI, an `asset_` id or `s3://bucket/key`. */
export const imageField = (description: string): z.ZodString =>
  z
    .string()
    .min(1)
    .regex(/^(https?:\/\/|data:image\/|asset_|s3:\/\/)/, {
      message: 'must be an https:// URL, a data:image/…;base64, URI, an asset_… id or s3://bucket/key',
    })
    .meta({ description, example: 'https://example.com/photo.jpg', format: 'restage-image' });

export const text = (description: string): z.ZodString => z.string().max(10_000).meta({ description });
export const share = (description: string): z.ZodNumber => z.number().min(0).max(1).meta({ description });

export const aspectRatios = ['match', '1:1', '4:3', '3:4', '3:2', '2:3', '16:9', '9:16'] as const;
export const outputFormats = ['png', 'jpeg', 'webp'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Fields of every operation. Defaults are applied where they are read, so that "sent" and "not sent" stay apart. */
export const commonFields = z.strictObject({
  count: z.int().min(1).max(4).optional().meta({ description: 'How many pictures; each is one purchase. Default 1' }),
  aspect_ratio: z.enum(aspectRatios).optional().meta({ description: 'Default `match`: the first image decides' }),
  seed: z.int().min(0).max(4_294_967_294).optional(),
  output_format: z.enum(outputFormats).optional().meta({ description: 'Default `png`' }),
  resolution: z.enum(['1K', '2K', '4K']).optional(),
  user: z.string().min(1).max(256).optional().meta({ description: 'Your own end user; experiments stick to it' }),
  metadata: z
    .record(z.string().min(1).max(64), z.string().max(512))
    .refine((pairs) => Object.keys(pairs).length <= 16, { message: 'must have at most 16 pairs' })
    .optional(),
  strict: z.boolean().optional().meta({ description: 'Refuse instead of adjusting' }),
  max_cost_usd: z.number().min(0).optional(),
  deadline_s: z.int().min(1).max(86_400).optional().meta({ description: 'Default: the longest time of the backend' }),
  options: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .optional()
    .meta({ description: 'Per provider: fields of its own, checked by its own schema' }),
});
export type CommonFields = z.infer<typeof commonFields>;

/** Fields the gateway itself keeps; they are never sent to a provider and need no adjustment. */
export const gatewayFields: ReadonlySet<string> = new Set([
  'count',
  'user',
  'metadata',
  'strict',
  'max_cost_usd',
  'deadline_s',
  'options',
]);

/** `from` on a lens: the value at `path`, or undefined. */
export const valueAt = (source: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined),
    source,
  );

/** Where an image of a request stands: `index` counts within its role. */
export interface ImageSlot {
  readonly role: string;
  readonly index: number;
}

export interface SentImage extends ImageSlot {
  /** As the caller wrote it, or the `asset_` id it became. */
  readonly source: string;
}

/** All images of a request, roles in the operation's order. */
export const imagesOf = (operation: Operation, fields: unknown): SentImage[] =>
  operation.images.flatMap(({ role, path }) => {
    const value = valueAt(fields, path);
    const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
    return list.filter((source) => typeof source === 'string').map((source, index) => ({ role, index, source }));
  });

/** Where an image stands in the body. */
export const pointerOf = (operation: Operation, { role, index }: ImageSlot): string => {
  const { path, max } = operation.images.find((each) => each.role === role) ?? { path: [role], max: 1 };
  return `/${path.join('/')}${max > 1 ? `/${index}` : ''}`;
};

export const defineOperation = (operation: Operation): Operation => operation;
