import type { Context } from 'hono';
import type { Accept } from '../jobs/accept.ts';
import type { Intake } from '../jobs/intake.ts';
import type { JobStore } from '../jobs/store.ts';
import type { JobPresenter } from '../jobs/view.ts';
import type { JobWatch } from '../jobs/watch.ts';
import type { Operation } from '../operations/operation.ts';
import type { Storage } from '../platform/storage/storage.ts';
import type { Telemetry } from '../platform/telemetry/telemetry.ts';
import type { Routing } from '../routing/choose.ts';

/** What the HTTP side is given by the entry. */
export interface HttpParts {
  readonly operations: readonly Operation[];
  readonly accept: Accept;
  readonly cancel: (account: string, jobId: string) => Promise<void>;
  readonly intake: Intake;
  readonly store: JobStore;
  readonly storage: Storage;
  readonly presenter: JobPresenter;
  readonly watch: JobWatch;
  readonly routing: () => Routing;
  readonly telemetry: Telemetry;
  /** Null for a key that is not known. Without keys everybody is `anonymous`. */
  readonly authenticate: (key: string | null) => string | null;
  /** Whether a key may use what is for operators; true for all when no admin keys are set. */
  readonly isAdmin: (key: string | null) => boolean;
  readonly corsOrigins: readonly string[];
  readonly limits: { readonly maxImageBytes: number };
  readonly publicUrl: () => string;
  /** Answers `/files/…`. */
  readonly serveFile: (request: Request) => Promise<Response>;
  /** Throws, or names what is missing. */
  readonly ready: () => Promise<{ ready: boolean; checks: Record<string, string> }>;
  readonly metricsText: () => Promise<{ text: string; contentType: string }>;
  /** The reference page's script and style, from an installed package. */
  readonly docsFile: (
    name: string,
  ) => Promise<{ body: ReadableStream<Uint8Array> | Uint8Array; contentType: string } | null>;
  /** Turns an unexpected error into one for the caller, e.g. 503 while the database is away. */
  readonly translate: (error: unknown) => unknown;
  readonly stopping: AbortSignal;
  /** How often a quiet event stream shows that it lives. Default 15 s. */
  readonly heartbeatMs?: number;
  readonly now: () => number;
  readonly newRequestId: () => string;
}

export interface Variables {
  requestId: string;
  account: string;
}

export type AppEnv = { Variables: Variables };
export type AppContext = Context<AppEnv>;
