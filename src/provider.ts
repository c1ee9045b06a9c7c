/**
 * The provider contract: what a folder under `providers/` implements, and all it may rely on.
 *
 * A provider never sleeps, loops, retries, reads the environment, touches the database or the tenant. It plans
 * (pure), does one exchange at a time, and throws `ProviderError` with one of our codes when the exchange failed.
 */
import type { KyInstance } from 'ky';
import type { z } from 'zod';
import type { ErrorCode } from './operations/errors.ts';
import type { Adjustment } from './operations/job.ts';
import type { CommonFields, ImageSlot, OutputFormat, SentImage } from './operations/operation.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** How the images of a stage reach the provider. The core brings them into that shape. */
export type InputTransport = 'bytes' | 'data' | 'url' | 's3';

/**
 * What the gateway may do when it does not know whether `start` bought something (a crash, a lost answer):
 * `idempotent` start again · `lookup` ask the provider by our purchase id first · `at_most_once` nothing: the
 * outcome stays unknown and an operator is told.
 */
export type Submission = 'idempotent' | 'lookup' | 'at_most_once';

/** What a provider can do for one operation. Eligibility, docs and the dry run read it. */
export interface Capability {
  /** Image roles it can take, and how many of each. */
  readonly images: Readonly<Record<string, number>>;
  /** Dotted request fields it takes into account, exactly or not; all others end as dropped. */
  readonly fields: readonly string[];
  readonly outputFormats: readonly OutputFormat[];
  /** Image types it takes as input; others are converted to the first. */
  readonly inputTypes: readonly string[];
  /** Longest side in pixels it takes as input; larger images are made smaller. */
  readonly maxInputSide: number;
  readonly expectedSeconds: number;
  readonly maxSeconds: number;
}

export interface Manifest {
  /** One line for people. */
  readonly title: string;
  readonly operations: Readonly<Record<string, Capability>>;
  readonly transport: InputTransport;
  readonly submission: Submission;
  /** Takes part only when it is the only provider or is named: a default for machines where nothing is set up. */
  readonly onlyWhenAlone?: boolean;
  /**
   * For `lookup`: so many seconds after a start broke off, `absent` proves that it will never arrive. Default 60.
   */
  readonly settlesWithinSeconds?: number;
  /** How many starts may run at once in one process, unless the operator says otherwise. */
  readonly concurrency: number;
}

export interface PlanRequest<Options> {
  readonly operation: string;
  /** The validated fields as sent: what is absent was not sent. Image fields hold references. */
  readonly fields: CommonFields & Readonly<Record<string, unknown>>;
  readonly images: readonly SentImage[];
  /** The backend's fixed options, overlaid with the request's `options.<provider>`. */
  readonly options: Options;
}

/** An input of a stage: an image of the request, or what the stage before it made. */
export type StageInput = ImageSlot | 'previous';

/** One purchase of each picture. */
export interface Stage {
  readonly name: string;
  readonly inputs: readonly StageInput[];
  /** The request's fields in the provider's own words; images stand as references. */
  readonly wire: JsonObject;
  /** Price of one exchange. Null: not known, which makes the provider ineligible. */
  readonly costUsd: number | null;
}

export interface Plan {
  /** In order, for each picture of `count`. */
  readonly stages: readonly Stage[];
  /** One entry for every sent field that does not arrive exactly as it was sent. */
  readonly adjustments: readonly Omit<Adjustment, 'provider'>[];
  readonly expectedSeconds: number;
}

/** A prepared image: upright, sRGB, without metadata, in a type and size the capability allows. */
export interface StageImage {
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  bytes(): Promise<Uint8Array>;
  stream(): Promise<ReadableStream<Uint8Array>>;
  dataUri(): Promise<string>;
  /** Fetchable from outside for at least as long as the job's deadline. */
  url(): Promise<string>;
}

export interface ProviderContext<Settings> {
  readonly settings: Settings;
  /** Retries nothing, follows no redirect, and is pinned to the origins the provider declared. */
  readonly http: KyInstance;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: (message: string, fields?: Record<string, unknown>) => void;
}

export interface StartContext<Settings> extends ProviderContext<Settings> {
  /** Unique for this purchase: send it wherever the provider accepts an id of ours. */
  readonly purchaseId: string;
  /** 0-based, below `count`. */
  readonly picture: number;
  readonly request: PlanRequest<unknown>;
  readonly image: (input: StageInput) => StageImage;
  /** Between 0 and 1; lossy and cheap. */
  readonly progress: (fraction: number) => void;
}

/** A finished picture: its bytes, or a handle that `open` turns into bytes, again if need be. */
export type Artifact = { readonly bytes: Uint8Array; readonly contentType: string } | { readonly handle: JsonObject };

export interface Finished {
  readonly status: 'finished';
  /** Usually one; the first `count` are kept. */
  readonly artifacts: readonly Artifact[];
  readonly costUsd?: number;
  readonly upstreamId?: string;
}

export interface Started {
  readonly status: 'started';
  /** Never holds a secret. */
  readonly ticket: JsonObject;
  readonly upstreamId?: string;
}

export interface Pending {
  readonly status: 'pending';
  readonly progress?: number;
}

export type Lookup =
  | { readonly status: 'found'; readonly ticket: JsonObject }
  | { readonly status: 'absent' | 'unclear' };

export interface Provider<Settings = unknown, Options = unknown> {
  readonly id: string;
  readonly manifest: Manifest;
  /**
   * Its environment variables. The provider is off while none of them is set; one that needs none is always on.
   * A half-set group is an error of `settings`, and stops the start.
   */
  readonly environment?: readonly string[];
  /** Parses its environment variables together with its part of `gateway.yaml`. */
  readonly settings: z.ZodType<Settings>;
  /** Strict: what a caller may send as `options.<id>`, all optional. */
  readonly options: z.ZodType<Options>;
  /** Origins besides those in the settings that `http` may reach. */
  readonly origins?: (settings: Settings) => readonly string[];
  /** Pure. Throws `ProviderError` (`provider_rejected`) for values it can never take. */
  plan(request: PlanRequest<Options>, settings: Settings): Plan;
  /** The one exchange that buys. */
  start(stage: Stage, context: StartContext<Settings>): Promise<Finished | Started>;
  check?(ticket: JsonObject, context: ProviderContext<Settings>): Promise<Finished | Pending>;
  open?(handle: JsonObject, context: ProviderContext<Settings>): Promise<ReadableStream<Uint8Array>>;
  cancel?(ticket: JsonObject, context: ProviderContext<Settings>): Promise<void>;
  lookup?(purchaseId: string, context: ProviderContext<Settings>): Promise<Lookup>;
  /** Called once when the process ends. */
  close?(): Promise<void>;
}

/** Types a provider by its own settings and options; the core sees them as unknown. */
export const defineProvider = <Settings, Options>(provider: Provider<Settings, Options>): Provider =>
  provider as unknown as Provider;

export interface ProviderErrorOptions {
  /** Another try, here or elsewhere, may succeed. */
  readonly retryable?: boolean;
  /** Seconds to wait before that. */
  readonly retryAfter?: number;
  /**
   * Only for a retryable failure of `start`: `no` when it is certain that nothing was bought (connection refused,
   * 429, a documented rejection), which lets the gateway start again. Default `unknown`, as for any other error.
   */
  readonly bought?: 'no' | 'unknown';
  /** For `moderated`. */
  readonly stage?: 'input' | 'output';
  readonly cause?: unknown;
}

/** A failed exchange. `message` is for the caller and must not quote the provider; the cause is for the log. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly bought: 'no' | 'unknown';
  readonly stage: 'input' | 'output' | undefined;

  constructor(code: ErrorCode, message: string, options: ProviderErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfter = options.retryAfter;
    this.bought = options.bought ?? 'unknown';
    this.stage = options.stage;
  }
}
