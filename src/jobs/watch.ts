/** Tells about changes of jobs, in whichever process they were made. */
export interface JobWatch {
  /** Calls after each change, and now and then without one; returns the function that ends it. */
  on(jobId: string, changed: () => void): () => void;
}

export interface Watched {
  /** Resolves at the next change, or when `signal` is aborted or `ms` have passed. Changes in between are not lost. */
  next(ms: number, signal: AbortSignal): Promise<void>;
  end(): void;
}

export const watchJob = (watch: JobWatch, jobId: string): Watched => {
  let changed = false;
  let resume = (): void => {};
  const end = watch.on(jobId, () => {
    changed = true;
    resume();
  });
  return {
    next: async (ms, signal) => {
      if (!changed && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(() => resume(), ms);
          resume = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', resume);
            resolve();
          };
          signal.addEventListener('abort', resume, { once: true });
        });
      }
      changed = false;
    },
    end,
  };
};
