import { z } from 'zod';
import { parseAllowList } from './images/addresses.ts';

/** Settings are wrong: the process does not start, and the message names what to change. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const flag = z.enum(['0', '1', 'true', 'false']).transform((value) => value === '1' || value === 'true');
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== ''),
);
const webUrl = z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ''));

/** Compared with the `Origin` header as a whole. */
const origins = list.refine((entries) => entries.every((each) => URL.canParse(each) && new URL(each).origin === each), {
  message:
    'each entry is one origin, such as https://app.example.com, without a path or a slash at the end; "*" is none',
});

const fetchable = list.superRefine((entries, context) => {
  try {
    parseAllowList(entries);
  } catch (error) {
    context.addIssue((error as Error).message.replace(/^ALLOW_FETCH_FROM: /, ''));
  }
});

const keys = list.transform((entries, context) => {
  const parsed = entries.map((entry) => {
    const colon = entry.indexOf(':');
    return { account: entry.slice(0, Math.max(0, colon)), key: entry.slice(colon + 1) };
  });
  if (parsed.some(({ account, key }) => key.length < 8 || !/^[\w.-]{1,64}$/.test(account))) {
    context.addIssue(
      'each entry is name:key, the name of letters, digits, "_", "." and "-", the key of at least 8 characters',
    );
    return z.NEVER;
  }
  if (new Set(parsed.map(({ key }) => key)).size < parsed.length) {
    context.addIssue('the same key stands there twice; each entry needs a key of its own');
    return z.NEVER;
  }
  return parsed;
});

const environmentSchema = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(8787),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: webUrl.optional(),
  DATA_DIR: z.string().min(1).default('.restage'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  S3_BUCKET: z.string().min(3).optional(),
  S3_ENDPOINT: webUrl.optional(),
  S3_PREFIX: z
    .string()
    .regex(/^[a-z0-9_-]+(\/[a-z0-9_-]+)*$/, 'is words of a-z, 0-9, "-" and "_" with "/" between them')
    .optional(),
  S3_PUBLIC_URL: webUrl.optional(),
  S3_READ_BUCKETS: list.default([]),
  AWS_REGION: z.string().optional(),
  AWS_DEFAULT_REGION: z.string().optional(),
  ROLE: z.enum(['api', 'worker', 'all']).default('all'),
  API_KEYS: keys.default([]),
  ADMIN_KEYS: keys.default([]),
  ALLOW_ANONYMOUS: flag.default(false),
  GATEWAY_CONFIG: z.string().min(1).default('gateway.yaml'),
  CORS_ORIGINS: origins.default([]),
  RETENTION_DAYS: z.coerce.number().int().min(1).max(3_650).default(30),
  ALLOW_FETCH_FROM: fetchable.default([]),
  LOG_LEVEL: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: webUrl.optional(),
});

export type Settings = z.infer<typeof environmentSchema>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment once. An empty variable counts as not set. */
export const parseSettings = (environment: Environment): Settings => {
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = environmentSchema.safeParse(set);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`).join('\n'));
  }
  const settings = parsed.data;
  const loopback = ['127.0.0.1', '::1', 'localhost'].includes(settings.HOST);
  const open = settings.API_KEYS.length === 0;
  if (open && !loopback && !settings.ALLOW_ANONYMOUS && settings.ROLE !== 'worker') {
    throw new ConfigError(
      `HOST: ${settings.HOST} can be reached from outside, and without API_KEYS anyone could use it. Set API_KEYS=name:key, or ALLOW_ANONYMOUS=1 if that is what you want.`,
    );
  }
  for (const name of ['S3_PREFIX', 'S3_PUBLIC_URL', 'S3_ENDPOINT'] as const) {
    const isForReading = name === 'S3_ENDPOINT' && settings.S3_READ_BUCKETS.length > 0;
    if (settings[name] && !settings.S3_BUCKET && !isForReading)
      throw new ConfigError(`S3_BUCKET: is needed with ${name}. Set it, or remove ${name}.`);
  }
  if (settings.S3_BUCKET && !settings.S3_ENDPOINT && !settings.AWS_REGION && !settings.AWS_DEFAULT_REGION) {
    throw new ConfigError('AWS_REGION: is needed with S3_BUCKET (or S3_ENDPOINT for a server that speaks S3).');
  }
  if (settings.ROLE !== 'all' && !settings.DATABASE_URL) {
    throw new ConfigError(
      `DATABASE_URL: is needed with ROLE=${settings.ROLE}; the embedded database serves one process only.`,
    );
  }
  return settings;
};

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'is of a-z, 0-9 and "-"');

/** What `gateway.yaml` may say. */
export const gatewaySchema = z.strictObject({
  backends: z
    .record(name, z.strictObject({ provider: z.string(), options: z.record(z.string(), z.unknown()).optional() }))
    .default({}),
  routes: z.record(z.string(), z.strictObject({ use: z.array(z.string()).min(1) })).default({}),
  providers: z.record(z.string(), z.looseObject({ concurrency: z.int().min(1).max(1_000).optional() })).default({}),
  limits: z
    .strictObject({
      max_image_bytes: z.int().min(1_024).max(1_073_741_824).default(52_428_800),
      max_image_pixels: z.int().min(1_024).max(1_000_000_000).default(50_000_000),
    })
    .default({ max_image_bytes: 52_428_800, max_image_pixels: 50_000_000 }),
});
export type GatewayConfig = z.infer<typeof gatewaySchema>;

/** `value` is the parsed YAML; `file` is for the message. */
export const parseGatewayConfig = (value: unknown, file: string): GatewayConfig => {
  const parsed = gatewaySchema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map(({ path, message }) => `${file}: ${path.join('.') || 'the file'}: ${message}`).join('\n'),
  );
};
