import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RestageError } from '../../operations/errors.ts';
import type { ServerLimits } from './limits.ts';
import { announcesBody } from './request-body.ts';

/** One body that has not come whole, and what each check found that it had brought since the last. */
interface Sender {
  readonly incoming: IncomingMessage;
  /** Kept here: a request that was destroyed has lost it. */
  readonly socket: Socket;
  readonly outgoing: ServerResponse;
  readonly window: number[];
  bytesRead: number;
}

/** Cuts who sends a body too slowly. Time in which what has come waits for us does not count. */
export const cutSlowSenders = (
  server: Server,
  { bodyBytesPerSecond, bodyWindowMs, checkEveryMs }: ServerLimits,
): void => {
  const senders = new Set<Sender>();
  const windowLength = Math.ceil(bodyWindowMs / checkEveryMs);
  const least = (bodyBytesPerSecond * windowLength * checkEveryMs) / 1_000;

  const isTooSlow = (sender: Sender): boolean => {
    const { incoming, socket, window } = sender;
    const { bytesRead } = socket;
    if (incoming.readableLength > 0) return false;
    window.push(bytesRead - sender.bytesRead);
    sender.bytesRead = bytesRead;
    if (window.length > windowLength) window.shift();
    return window.length === windowLength && window.reduce((sum, bytes) => sum + bytes) < least;
  };

  const check = (): void => {
    const slow: Sender[] = [];
    for (const sender of senders) {
      const isOver = sender.incoming.complete || sender.incoming.destroyed || sender.socket.destroyed;
      if (!isOver && isTooSlow(sender)) slow.push(sender);
      if (isOver || slow.at(-1) === sender) senders.delete(sender);
    }
    cutSome(slow);
  };
  const timer = setInterval(check, checkEveryMs).unref();
  server.on('close', () => clearInterval(timer));
  server.on('request', (incoming, outgoing) => {
    if (!announcesBody(incoming)) return;
    // Most bodies come together with their headers: they cost nothing more.
    const { socket } = incoming;
    setImmediate(() => {
      if (incoming.complete || incoming.destroyed || socket.destroyed) return;
      senders.add({ incoming, socket, outgoing, window: [], bytesRead: socket.bytesRead });
    });
  });
};

/** A thousand answers at once would keep everybody waiting. */
const cutInOneTurn = 10;

const cutSome = (slow: Sender[]): void => {
  for (const sender of slow.splice(0, cutInOneTurn)) if (!sender.incoming.complete) cut(sender);
  if (slow.length > 0) setTimeout(cutSome, 1, slow);
};

/** Whoever reads the body gets an error, so that an answer can still be given. */
const cut = ({ incoming, socket, outgoing }: Sender): void => {
  if (outgoing.headersSent || incoming.listenerCount('error') === 0) socket.destroy();
  else incoming.emit('error', tooSlow());
};

const tooSlow = (): RestageError =>
  new RestageError('too_slow', 'The body came too slowly. Send it again over a faster connection.');

/** Cuts who takes nothing of an answer. A stream that is quiet because nothing happens has nothing that waits. */
export const cutStalledReaders = (server: Server, { stalledAnswerMs }: ServerLimits): void => {
  server.setTimeout(stalledAnswerMs, (socket: Socket) => {
    const isAnswering = socket.timeout === stalledAnswerMs;
    if (isAnswering && socket.writableLength === 0) socket.setTimeout(stalledAnswerMs);
    else socket.destroy();
  });
};
