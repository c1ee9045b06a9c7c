/** A process of its own: each body becomes a file in the folder it is given, without a look at what it is. */
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [folder = '.'] = process.argv.slice(2);
let files = 0;
const server = createServer(async (incoming, outgoing) => {
  files += 1;
  await pipeline(incoming, createWriteStream(join(folder, String(files)), { flush: true }));
  outgoing.writeHead(201).end();
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
