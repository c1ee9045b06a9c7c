import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { announcesBody } from './request-body.ts';

const mostSeconds = 10;
const mostBytes = 64 * 1024 * 1024;
/** Who sends less in a second has seen the answer, or will not wait for it. */
const leastBytes = 16_000;
const turnsPerSecond = 4;

/**
 * An answer may come before its request has come whole: it is refused, or too large. Closing at once would reset the
 * connection, and who is still sending would see that instead of the answer. So what still comes is thrown away.
 */
export const lingerForSenders = (server: Server): void => {
  server.prependListener('request', (incoming, outgoing) => {
    if (!announcesBody(incoming)) return;
    // Kept here: a request that was destroyed has lost it.
    const { socket } = incoming;
    const isLast = !outgoing.shouldKeepAlive;
    // Else Node would close the connection of who asks for that, at once.
    outgoing.shouldKeepAlive = true;
    outgoing.once('close', () => {
      if (socket.destroyed) return;
      if (incoming.complete || incoming.destroyed) {
        if (isLast || !incoming.complete) socket.destroySoon();
      } else throwAway(incoming, socket, isLast);
    });
  });
};

const throwAway = (incoming: IncomingMessage, socket: Socket, isLast: boolean): void => {
  const first = socket.bytesRead;
  let before = first;
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
    const isTooMuch = socket.bytesRead - first > mostBytes || turns >= mostSeconds * turnsPerSecond;
    const isSlow = turns % turnsPerSecond === 0 && socket.bytesRead - before < leastBytes;
    if (turns % turnsPerSecond === 0) before = socket.bytesRead;
    const isOver = incoming.complete || socket.destroyed;
    if (isTooMuch || isSlow || (isOver && isLast)) socket.destroySoon();
    if (isTooMuch || isSlow || isOver) clearInterval(timer);
  }, 1_000 / turnsPerSecond).unref();
  incoming.on('error', () => {}).resume();
};
