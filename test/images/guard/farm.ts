/** A friendly server on an address of its own, which the tests allow; it sends on to wherever it is told. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Farm {
  readonly host: string;
  readonly port: number;
  /** Of a picture. */
  readonly image: string;
  /** An address that redirects there. */
  to(target: string, status?: number): string;
  at(path: string): string;
  readonly requests: { method: string; path: string; headers: IncomingHttpHeaders; body: string }[];
  close(): void;
}

/** The smallest GIF there is. */
export const picture = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

export const startFarm = async (host = '127.77.0.1'): Promise<Farm> => {
  const requests: Farm['requests'] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://farm');
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Uint8Array>)).toString();
    requests.push({ method: request.method ?? '', path: url.pathname, headers: request.headers, body });
    const [, route, left] = url.pathname.split('/');
    const move = (location: string, status = 302) => response.writeHead(status, { location }).end('moved');
    // Written as it came: Node takes no other characters in a header.
    const target = Buffer.from(url.searchParams.get('url') ?? '').toString('latin1');
    if (route === 'image') response.writeHead(200, { 'content-type': 'image/gif' }).end(picture);
    else if (route === 'to') move(target, Number(url.searchParams.get('status') ?? 302));
    else if (route === 'hops') move(Number(left) > 1 ? `/hops/${Number(left) - 1}` : '/image', 307);
    else if (route === 'loop') move('/loop');
    else if (route === 'nowhere') response.writeHead(301).end();
    else if (route === 'long') response.end('x'.repeat(300_000));
    else if (route === 'silent') return;
    else response.writeHead(404).end();
  });
  await once(server.listen(0, host), 'listening');
  const { port } = server.address() as AddressInfo;
  const at = (path: string): string => `http://${host}:${port}${path}`;
  return {
    host,
    port,
    image: at('/image'),
    at,
    to: (target, status = 302) => at(`/to?status=${status}&url=${encodeURIComponent(target)}`),
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
