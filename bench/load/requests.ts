/**
 * The load generator, a process of its own. Requests are bytes made once and answers are read only as far as needed:
 * an HTTP client would take a whole core, and the machine has two.
 */
import { connect, type Socket } from 'node:net';

export interface Load {
  readonly url: string;
  /** Default POST. */
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly body: string;
  readonly seconds: number;
  /** Not counted in the latencies; counted in `statuses`. */
  readonly warmUpSeconds: number;
  /** Closed loop: each connection sends when its answer has come. Open loop: requests come by chance, so many a second. */
  readonly arrival: { readonly connections: number } | { readonly perSecond: number };
}

export interface LoadResult {
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers to requests sent after the warm-up, in order of duration. Open loop: from when the request was due. */
  readonly latenciesMs: readonly number[];
  readonly perSecond: number;
}

const headEnd = Buffer.from('\r\n\r\n');

/** One connection with one request at a time. */
class Connection {
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  #answered: ((status: string) => void) | null = null;
  #failed: ((error: Error) => void) | null = null;

  constructor(host: string, port: number) {
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#failed?.(error));
    this.#socket.on('close', () => this.#failed?.(new Error('the connection was closed')));
  }

  send(request: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(request);
    });
  }

  #read(chunk: Buffer): void {
    this.#pending = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    const bodyAt = this.#pending.indexOf(headEnd) + headEnd.length;
    if (bodyAt < headEnd.length) return;
    const head = this.#pending.toString('latin1', 0, bodyAt);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined) return void this.#failed?.(new Error(`an answer without a length: ${head}`));
    if (this.#pending.length < bodyAt + Number(length)) return;
    this.#pending = Buffer.alloc(0);
    this.#answered?.(head.slice(9, 12));
  }

  close(): void {
    this.#failed = null;
    this.#socket.destroy();
  }
}

const generate = async ({
  url,
  method = 'POST',
  path,
  body,
  seconds,
  warmUpSeconds,
  arrival,
}: Load): Promise<LoadResult> => {
  const { hostname, port, host } = new URL(url);
  const request = Buffer.from(
    `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const statuses: Record<string, number> = {};
  const latencies: number[] = [];
  const opened: Connection[] = [];
  const open = (): Connection => {
    const connection = new Connection(hostname, Number(port));
    opened.push(connection);
    return connection;
  };
  const begin = performance.now();
  const measureFrom = begin + warmUpSeconds * 1_000;
  const end = measureFrom + seconds * 1_000;
  const send = async (connection: Connection, due: number): Promise<void> => {
    const status = await connection.send(request);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (due >= measureFrom) latencies.push(performance.now() - due);
  };

  if ('connections' in arrival) {
    const loop = async (): Promise<void> => {
      const connection = open();
      while (performance.now() < end) await send(connection, performance.now());
    };
    await Promise.all(Array.from({ length: arrival.connections }, loop));
  } else {
    const idle: Connection[] = [];
    const running = new Set<Promise<void>>();
    let due = begin;
    while (due < end) {
      due += (-Math.log(1 - Math.random()) / arrival.perSecond) * 1_000;
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const connection = idle.pop() ?? open();
      const sent = send(connection, due).finally(() => {
        running.delete(sent);
        idle.push(connection);
      });
      running.add(sent);
    }
    await Promise.all(running);
  }
  const took = (performance.now() - measureFrom) / 1_000;
  for (const connection of opened) connection.close();
  return { statuses, latenciesMs: latencies.sort((a, b) => a - b), perSecond: latencies.length / took };
};

process.once('message', async (load: Load) => {
  process.send?.(await generate(load), () => process.disconnect());
});
