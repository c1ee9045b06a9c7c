import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { RequestError } from '@hono/node-server';
import { errorTable } from '../../operations/errors.ts';
import { newId } from '../ids.ts';

/** Long enough for an answer to be read by who is still sending. */
const lingerMs = 500;

const timedOut = 'ERR_HTTP_REQUEST_TIMEOUT';

type Refusal = readonly [status: number, code: string, title: string, detail: string];
const badRequest: Refusal = [
  400,
  'invalid_request',
  errorTable.invalid_request.title,
  'This is not a request that HTTP/1.1 allows.',
];
const internal: Refusal = [
  500,
  'internal',
  errorTable.internal.title,
  'Something went wrong here. Tell us the request id.',
];
const refusals = new Map<string | undefined, Refusal>([
  [timedOut, [408, 'too_slow', errorTable.too_slow.title, 'The request did not come in time. Send it again, faster.']],
  [
    'HPE_CHUNK_EXTENSIONS_OVERFLOW',
    [413, 'too_large', errorTable.too_large.title, 'The chunk extensions are too large.'],
  ],
  ['HPE_HEADER_OVERFLOW', [431, 'too_large', errorTable.too_large.title, 'All headers together may have 16 KiB.']],
]);

const problemOf = ([status, code, title, detail]: Refusal): { body: string; headers: Record<string, string> } => {
  const requestId = newId('req');
  const problem = { type: `urn:restage:error:${code}`, title, status, code, detail, request_id: requestId };
  return {
    body: JSON.stringify(problem),
    headers: {
      'content-type': 'application/problem+json',
      'x-request-id': requestId,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      connection: 'close',
    },
  };
};

/** For a host or path that cannot be understood, and for what nobody has caught. */
export const responseTo = (error: unknown): Response => {
  const refusal = error instanceof RequestError ? badRequest : internal;
  const { body, headers } = problemOf(refusal);
  return new Response(body, { status: refusal[0], headers });
};

const refuse = (socket: Socket, refusal: Refusal): void => {
  if (!socket.writable) return void socket.destroy();
  const { body, headers } = problemOf(refusal);
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${refusal[0]} ${STATUS_CODES[refusal[0]]}\r\n${head}\r\n${body}`);
  setTimeout(() => socket.destroy(), lingerMs).unref();
};

/** What Node's parser refuses never reaches the app. It is answered in the same form as everything else. */
export const answerParserErrors = (server: Server): void => {
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket & { _httpMessage?: ServerResponse<IncomingMessage> | null };
    if (error.code === 'ECONNRESET' || socket.writableEnded) return void (socket.writableEnded || socket.destroy());
    const refusal = refusals.get(error.code) ?? badRequest;
    const answering = socket._httpMessage;
    const isWhole = answering?.req.complete === true;
    // What stands behind a whole request does not take its answer away, unless it never ends.
    if (isWhole && error.code !== timedOut) answering.once('close', () => refuse(socket, refusal));
    else if (isWhole || answering?.headersSent) socket.destroy();
    else refuse(socket, refusal);
  });
};
