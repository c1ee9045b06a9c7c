import type { IncomingMessage } from 'node:http';

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
      pull: () => void incoming.resume(),
      cancel: () => detach(),
    },
    { highWaterMark: 0 },
  );
};

/** Whether headers announce a body of more than so many bytes, or of any length. */
export const announcesBody = ({ headers }: IncomingMessage, moreThan = 0): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > moreThan;
