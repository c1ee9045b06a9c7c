import type { IncomingMessage } from 'node:http';

/** Of all bodies that come: more would make a turn of the event loop long for everybody else. */
const chunksInOneTurn = 8;
const waiting: IncomingMessage[] = [];

const turn = (): void => {
  for (const incoming of waiting.splice(0, chunksInOneTurn)) incoming.resume();
  if (waiting.length > 0) setImmediate(turn);
};
const resumeInTurn = (incoming: IncomingMessage): void => {
  if (waiting.push(incoming) === 1) setImmediate(turn);
};

/** A request's body as it comes, one chunk for each that is asked for. */
export const bodyOf = (incoming: IncomingMessage): ReadableStream<Uint8Array> => {
  let detach = (): void => {};
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const onData = (chunk: Uint8Array): void => {
          incoming.pause();
          controller.enqueue(chunk);
        };
        const onEnd = (): void => {
          detach();
          controller.close();
        };
        const onError = (error: unknown): void => {
          detach();
          controller.error(error);
        };
        const onClose = (): void => onError(new Error('the connection was closed'));
        detach = () => void incoming.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
        if (incoming.destroyed) return onClose();
        incoming.pause();
        incoming.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
      },
      pull: () => resumeInTurn(incoming),
      cancel: () => detach(),
    },
    { highWaterMark: 0 },
  );
};

export const announcesBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
