/** Many clients that are slow in one way, until the server cuts them; a process of its own. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SlowLoad {
  readonly url: string;
  /** They send headers, or a body, a few bytes each second; or they never read an answer. */
  readonly way: 'headers' | 'body' | 'reader';
  /** For readers: of something large. */
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface SlowResult {
  /** How long each lived that was cut; for readers, how long they were left alone before. */
  readonly cutAfterMs: readonly number[];
  readonly statuses: Readonly<Record<string, number>>;
}

const beginOf = ({ url, way, path }: SlowLoad): string => {
  const head = `${way === 'reader' ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nhost: ${new URL(url).host}\r\n`;
  if (way === 'headers') return head;
  if (way === 'reader') return `${head}\r\n`;
  return `${head}content-type: application/json\r\ncontent-length: 60000\r\n\r\n{"user":"`;
};

const mostReadingMs = 20_000;
/** As slowhttptest does: it is the slow ones that are looked at, not a storm of new ones. */
const connectionsPerSecond = 250;
const trickle = { headers: 'x-a: b\r\n', body: 'a'.repeat(100), reader: '' };

const slowly = async (
  load: SlowLoad,
  index: number,
  until: number,
  note: (status: string) => void,
): Promise<number | null> => {
  await sleep((index / connectionsPerSecond) * 1_000);
  const { hostname, port } = new URL(load.url);
  const socket: Socket = connect(Number(port), hostname);
  const began = performance.now();
  let closedAt = 0;
  socket.on('error', () => {});
  socket.once('data', (answer) => load.way !== 'reader' && note(answer.toString('latin1', 9, 12)));
  socket.once('close', () => {
    closedAt = performance.now();
  });
  if (load.way === 'reader') socket.pause();
  socket.write(beginOf(load));
  while (closedAt === 0 && performance.now() < until) {
    await sleep(1_000);
    if (load.way !== 'reader' && socket.writable) socket.write(trickle[load.way]);
  }
  const lived = (closedAt || performance.now()) - began;
  // Who does not read learns only now that it was cut: it reads what had already come, and then the end.
  socket.resume();
  for (const end = performance.now() + mostReadingMs; closedAt === 0 && performance.now() < end; ) await sleep(200);
  socket.destroy();
  return closedAt === 0 ? null : lived;
};

const generate = async (load: SlowLoad): Promise<SlowResult> => {
  const statuses: Record<string, number> = {};
  const note = (status: string): void => {
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  const until = performance.now() + load.seconds * 1_000;
  const clients = Array.from({ length: load.connections }, (_, index) => slowly(load, index, until, note));
  const lives = await Promise.all(clients);
  return { cutAfterMs: lives.filter((each) => each !== null), statuses };
};

process.once('message', async (load: SlowLoad) => {
  process.send?.(await generate(load), () => process.disconnect());
});
