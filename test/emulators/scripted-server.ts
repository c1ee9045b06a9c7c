/**
 * A made-up asynchronous service with a ledger of its own: the truth about what was bought. It runs as a process of
 * its own in the chaos tests, so that no crash of the gateway takes the truth along. Faults are asked for by request.
 */
import { appendFileSync, fsyncSync, openSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';

export interface Script {
  /** How long the work takes. */
  readonly seconds?: number;
  /** Each may be `name` or `name:times`; without times it is always so. */
  readonly faults?: readonly string[];
}

interface Work {
  readonly id: string;
  readonly purchase: string;
  readonly script: Script;
  readonly readyAt: number;
  canceled: boolean;
}

export interface ScriptedServer {
  readonly url: string;
  /** Purchase ids, as often as each was really bought. */
  readonly bought: () => Map<string, number>;
  readonly canceled: () => string[];
  readonly checks: () => number;
  close(): Promise<void>;
}

export const startScriptedServer = async (
  options: { ledgerFile?: string; port?: number } = {},
): Promise<ScriptedServer> => {
  const works = new Map<string, Work>();
  const bought = new Map<string, number>();
  const used = new Map<string, number>();
  let checks = 0;
  const ledger = options.ledgerFile ? openSync(options.ledgerFile, 'a') : null;
  const picture = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#3366aa' } })
    .composite([{ input: { create: { width: 32, height: 48, channels: 3, background: '#ffcc00' } }, left: 0, top: 0 }])
    .png()
    .toBuffer();

  /** Whether a fault strikes now; `name:2` strikes twice for each purchase. */
  const strikes = (name: string, purchase: string, { faults = [] }: Script): boolean => {
    const fault = faults.find((each) => each.split(':')[0] === name);
    if (!fault) return false;
    const times = Number(fault.split(':')[1] ?? Number.POSITIVE_INFINITY);
    const key = `${purchase} ${name}`;
    const count = used.get(key) ?? 0;
    used.set(key, count + 1);
    return count < times;
  };

  const buy = (purchase: string, script: Script): Work => {
    const id = `work-${works.size + 1}-${purchase.slice(-8)}`;
    const work: Work = { id, purchase, script, readyAt: Date.now() + (script.seconds ?? 0) * 1_000, canceled: false };
    works.set(id, work);
    bought.set(purchase, (bought.get(purchase) ?? 0) + 1);
    if (ledger !== null) {
      appendFileSync(ledger, `${JSON.stringify({ id, purchase, at: Date.now() })}\n`);
      fsyncSync(ledger);
    }
    return work;
  };

  const start = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const {
      purchase,
      script = {},
      idempotent,
    } = JSON.parse(await textOf(request)) as { purchase: string; script?: Script; idempotent?: boolean };
    const is = (name: string): boolean => strikes(name, purchase, script);
    if (is('drop_before')) return void request.socket.destroy();
    if (is('busy')) return send(response, 429, { error: 'busy' }, { 'retry-after': '0' });
    if (is('reject')) return send(response, 422, { error: 'rejected' });
    if (is('moderate_input')) return send(response, 403, { error: 'moderated' });
    const known = idempotent ? [...works.values()].find((work) => work.purchase === purchase) : undefined;
    const work = known ?? buy(purchase, script);
    if (is('drop_after')) return void request.socket.destroy();
    if (is('hang')) return;
    if (is('slow_start')) await new Promise((resolve) => setTimeout(resolve, 1_500));
    if (is('garbage')) return sendText(response, '<html>oops</html>');
    send(response, 200, { id: work.id });
  };

  const check = (work: Work, response: ServerResponse): unknown => {
    checks += 1;
    const is = (name: string): boolean => strikes(name, work.purchase, work.script);
    if (is('check_500')) return send(response, 500, { error: 'later' });
    if (is('check_garbage')) return sendText(response, 'not json');
    if (work.canceled) return send(response, 200, { state: 'canceled' });
    if (Date.now() < work.readyAt || is('regress')) return send(response, 200, { state: 'running', progress: 0.5 });
    if (is('fail')) return send(response, 200, { state: 'failed' });
    if (is('moderate_output')) return send(response, 200, { state: 'moderated' });
    send(response, 200, { state: 'done' });
  };

  const result = (work: Work, response: ServerResponse): unknown => {
    const is = (name: string): boolean => strikes(name, work.purchase, work.script);
    if (is('result_404')) return send(response, 404, {});
    if (is('result_html')) return sendText(response, '<html>gone</html>');
    response.writeHead(200, { 'content-type': 'image/png', 'content-length': picture.length });
    if (!is('truncated')) return void response.end(picture);
    response.write(picture.subarray(0, picture.length / 2), () => response.destroy());
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, action, id = ''] = url.pathname.split('/');
    const work = works.get(id);
    if (action === 'start') start(request, response).catch(() => response.destroy());
    else if (action === 'ledger') send(response, 200, { bought: [...bought] });
    else if (action === 'lookup') {
      const purchase = url.searchParams.get('purchase') ?? '';
      const found = [...works.values()].find((each) => each.purchase === purchase);
      send(response, found ? 200 : 404, { id: found?.id });
    } else if (!work) send(response, 404, {});
    else if (action === 'check') check(work, response);
    else if (action === 'result') result(work, response);
    else if (action === 'cancel') {
      work.canceled = true;
      send(response, 200, {});
    } else send(response, 404, {});
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bought: () => bought,
    canceled: () => [...works.values()].filter((work) => work.canceled).map(({ purchase }) => purchase),
    checks: () => checks,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const send = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

const sendText = (response: ServerResponse, text: string): void => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end(text);
};

if (import.meta.main) {
  const [ledgerFile, port] = process.argv.slice(2);
  const { url } = await startScriptedServer({ ...(ledgerFile && { ledgerFile }), ...(port && { port: Number(port) }) });
  console.log(url);
}
