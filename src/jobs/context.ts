import type { KyInstance } from 'ky';
import type { Decoder } from '../images/decoder.ts';
import type { Images } from '../images/images.ts';
import type { Delivery } from '../platform/queue/queue.ts';
import type { Storage } from '../platform/storage/storage.ts';
import type { Telemetry } from '../platform/telemetry/telemetry.ts';
import type { Backend } from '../routing/backend.ts';
import type { JobState } from './model.ts';
import type { JobStore } from './store.ts';
import type { JobWatch } from './watch.ts';

/** What the steps work with. */
export interface WorkerContext {
  readonly store: JobStore;
  readonly storage: Storage;
  readonly images: Images;
  readonly decoder: Decoder;
  readonly backend: (name: string) => Backend | undefined;
  /** Pinned to the backend's origins; no retries, no redirects. */
  readonly http: (backend: Backend) => KyInstance;
  readonly watch: JobWatch;
  readonly telemetry: Telemetry;
  readonly limits: ImageLimits;
  /** How long results are kept. */
  readonly retentionDays: number;
  readonly now: () => number;
  readonly random: () => number;
}

export interface ImageLimits {
  readonly maxBytes: number;
  readonly maxPixels: number;
}

/** One pass over a job: the rows as they are, the delivery that allows to change them, and what may end the work. */
export interface Pass {
  readonly state: JobState;
  readonly backend: Backend;
  readonly delivery: Delivery;
  /** Aborted by the deadline, by a cancel, by a lost claim, or because the process stops. */
  readonly signal: AbortSignal;
}

/** `again`: look at the rows again, at once. `handed_over`: the delivery is completed, this worker is done. */
export type StepOutcome = 'again' | 'handed_over';
export type Step = (context: WorkerContext, pass: Pass) => Promise<StepOutcome>;
