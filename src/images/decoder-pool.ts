/** Decoder processes: started when they are needed, killed when a picture is too much for them, ended when idle. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import type { DecoderAnswer, DecoderTask } from './decoder-task.ts';

export interface PoolOptions {
  readonly processes: number;
  /** Processor time of one task; then its process is killed. */
  readonly taskMs: number;
  /** Resident memory of one process while it works; then it is killed. Linux tells it, other systems do not. */
  readonly memoryBytes: number;
  /** An idle process ends after so long. */
  readonly idleMs: number;
}

/** The process ended, or was ended, while it worked. */
export class DecoderLost extends Error {
  override readonly name = 'DecoderLost';
  /** What it was ended for; null when that was not our doing. */
  readonly excess: 'time' | 'memory' | null;
  /** From outside, by whoever needs the memory: it says nothing about the picture. */
  readonly wasKilled: boolean;

  constructor(excess: DecoderLost['excess'], signal: NodeJS.Signals | null, message: string) {
    super(message);
    this.excess = excess;
    this.wasKilled = excess === null && (signal === 'SIGKILL' || signal === 'SIGTERM');
  }
}

const entry = fileURLToPath(new URL('./decoder-process.ts', import.meta.url));
const nodeFlags = ['--max-old-space-size=128', '--disable-warning=ExperimentalWarning'];
/** Fewer arenas: what one picture took can be given to the next. https://man7.org/linux/man-pages/man3/mallopt.3.html */
const environment = { MALLOC_ARENA_MAX: '2' };
const watchEveryMs = 25;
/** Of Linux on every architecture that Node runs on, and of nearly every one. */
const ticksPerSecond = 100;
const pageBytes = 4096;
/** A process that waits for a core is not slow; where the system does not tell the two apart, this ends it. */
const wallFactor = 6;

const start = (): ChildProcess =>
  fork(entry, { execArgv: nodeFlags, env: environment, serialization: 'advanced', stdio: 'ignore' });

/** What a process has used so far, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; null on other systems. */
const usageOf = (pid: number | undefined): { cpuMs: number; memoryBytes: number } | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in brackets, may hold anything.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, resident = 0] = [fields[11], fields[12], fields[21]];
    return { cpuMs: ((user + system) * 1000) / ticksPerSecond, memoryBytes: resident * pageBytes };
  } catch {
    return null;
  }
};

/** Ends the process as soon as it takes too much; `stop` ends the watch. */
const watch = (child: ChildProcess, { taskMs, memoryBytes }: PoolOptions) => {
  let excess: DecoderLost['excess'] = null;
  const end = (of: 'time' | 'memory'): void => {
    excess ??= of;
    child.kill('SIGKILL');
  };
  const before = usageOf(child.pid)?.cpuMs ?? 0;
  const wall = setTimeout(end, taskMs * wallFactor, 'time');
  const look = setInterval(() => {
    const usage = usageOf(child.pid);
    if (usage && usage.memoryBytes > memoryBytes) end('memory');
    if (usage && usage.cpuMs - before > taskMs) end('time');
  }, watchEveryMs);
  return {
    excess: () => excess,
    stop: () => {
      clearTimeout(wall);
      clearInterval(look);
    },
  };
};

const ask = (
  child: ChildProcess,
  task: DecoderTask,
  options: PoolOptions,
  signal: AbortSignal | undefined,
): Promise<DecoderAnswer> =>
  new Promise((resolve, reject) => {
    const watching = watch(child, options);
    // Nobody wants it any more. It is dead before anybody is told: it must not write a file that was let go of.
    const stop = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    const settle = (end: () => void): void => {
      watching.stop();
      signal?.removeEventListener('abort', stop);
      for (const event of ['message', 'exit', 'error']) child.removeAllListeners(event);
      // An error that comes after it was given up must not end the gateway.
      child.on('error', () => {});
      end();
    };
    child.on('message', (answer) => settle(() => resolve(answer as DecoderAnswer)));
    child.on('exit', (code, ended) => {
      const lost = new DecoderLost(watching.excess(), ended, `the decoder ended with ${ended ?? code}`);
      settle(() => reject(signal?.aborted === true ? signal.reason : lost));
    });
    child.on('error', (error) => settle(() => reject(error)));
    child.send(task, (error) => error && child.kill('SIGKILL'));
  });

export class DecoderPool {
  readonly #options: PoolOptions;
  readonly #limit: ReturnType<typeof pLimit>;
  /** Processes without work, each with the timer that ends it. */
  readonly #idle: { child: ChildProcess; timer: NodeJS.Timeout }[] = [];
  readonly #children = new Set<ChildProcess>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#limit = pLimit(options.processes);
  }

  /** Tasks that no process has taken up yet. */
  get waiting(): number {
    return this.#limit.pendingCount;
  }

  /** Rejects with `DecoderLost`, or with the reason of the signal, which ends the work as well. */
  async run(task: DecoderTask, signal?: AbortSignal): Promise<DecoderAnswer> {
    signal?.throwIfAborted();
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    const stop = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    const running = this.#limit(async () => {
      signal?.removeEventListener('abort', stop);
      signal?.throwIfAborted();
      return this.#perform(task, signal);
    });
    // Whoever waits for a process can go at once.
    running.catch(() => {});
    return Promise.race([running, givenUp]);
  }

  async #perform(task: DecoderTask, signal: AbortSignal | undefined): Promise<DecoderAnswer> {
    if (this.#closed) throw new Error('the decoder is closed');
    const child = this.#take();
    try {
      const answer = await ask(child, task, this.#options, signal);
      this.#release(child);
      return answer;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  #take(): ChildProcess {
    const idle = this.#idle.pop();
    if (idle) {
      clearTimeout(idle.timer);
      idle.child.removeAllListeners('exit');
      if (idle.child.connected) return idle.child;
    }
    const child = start();
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return child;
  }

  #release(child: ChildProcess): void {
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#options.idleMs);
    timer.unref();
    const entry = { child, timer };
    this.#idle.push(entry);
    child.on('exit', () => this.#idle.splice(this.#idle.indexOf(entry), 1));
    if (this.#closed) child.kill('SIGKILL');
  }

  /** Ends the processes, and fails what they were doing. */
  close(): void {
    this.#closed = true;
    for (const { timer } of this.#idle) clearTimeout(timer);
    for (const child of this.#children) child.kill('SIGKILL');
  }
}
