/** The queue decides when a job is looked at; the job's row decides what happens then. */
export interface QueueEntry {
  readonly queue: string;
  readonly jobId: string;
  /** Not before so many milliseconds; 0 wakes a worker at once. */
  readonly delayMs?: number;
}

/** One handing-out of an entry. `attempt` rises when a worker died and the entry is handed out again. */
export interface Delivery {
  readonly queue: string;
  readonly entryId: string;
  readonly attempt: number;
  readonly jobId: string;
}

/** Aborted when the claim on the delivery is lost or the process stops. */
export type Handler = (delivery: Delivery, signal: AbortSignal) => Promise<void>;

export interface Consumer {
  readonly queue: string;
  /** Deliveries handled at once in this process. */
  readonly concurrency: number;
  readonly handler: Handler;
}

/** The row has moved on: whatever was about to be written is void. */
export class StaleError extends Error {
  override readonly name: string = 'StaleError';
}

/** Somebody else holds the delivery now: this worker has nothing more to do with it. */
export class ClaimLostError extends StaleError {
  override readonly name = 'ClaimLostError';
}
