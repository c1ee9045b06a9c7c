/** A DNS server of the tests' own on loopback, and the guard's lookup through it. TTL 0; UDP alone. */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import ipaddr from 'ipaddr.js';
import type { Lookup } from '../../../src/images/guarded-connect.ts';

export type DnsAnswer =
  | { readonly cname?: readonly string[]; readonly addresses: readonly string[] }
  | 'nxdomain'
  | 'servfail'
  | 'silence'
  | 'garbage';

export interface DnsServer {
  readonly lookup: Lookup;
  /** Names asked for, each with its type. */
  readonly asked: string[];
  close(): Promise<void>;
}

const typeA = 1;
const typeCname = 5;
const typeAaaa = 28;

const encodeName = (name: string): Buffer =>
  Buffer.concat([...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.of(0)]);

const readQuestion = (query: Buffer): { name: string; type: number; end: number } => {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
};

const record = (name: Buffer, type: number, data: Buffer): Buffer => {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([name, head, data]);
};

/** The chain of aliases first, then the addresses of the type that was asked for under the last name. */
const recordsOf = (answer: DnsAnswer, name: string, type: number): Buffer[] => {
  if (typeof answer === 'string') return [];
  const chain = [name, ...(answer.cname ?? [])].map(encodeName);
  const aliases = chain.slice(1).map((target, index) => record(chain[index] as Buffer, typeCname, target));
  const addresses = answer.addresses.map(ipaddr.parse).filter((each) => (each.kind() === 'ipv4') === (type === typeA));
  const owner = chain.at(-1) as Buffer;
  return [...aliases, ...addresses.map((each) => record(owner, type, Buffer.from(each.toByteArray())))];
};

const replyTo = (query: Buffer, answer: DnsAnswer): Buffer => {
  if (answer === 'garbage') return Buffer.concat([query.subarray(0, 2), Buffer.alloc(400, 0xff)]);
  const { name, type, end } = readQuestion(query);
  const records = recordsOf(answer, name, type);
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (answer === 'nxdomain' ? 3 : answer === 'servfail' ? 2 : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, query.subarray(12, end), ...records]);
};

export const startDns = async (
  zone: (name: string, type: 'A' | 'AAAA') => DnsAnswer,
  timeoutMs = 300,
): Promise<DnsServer> => {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    const { name, type } = readQuestion(query);
    const word = type === typeAaaa ? 'AAAA' : 'A';
    asked.push(`${name} ${word}`);
    const answer = zone(name, word);
    if (answer !== 'silence') socket.send(replyTo(query, answer), peer.port, peer.address);
  });
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    asked,
    lookup: async (hostname) => {
      const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
      const found = answers.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
      const [first] = answers;
      if (found.length === 0 && first?.status === 'rejected') throw first.reason;
      return found.map((address) => ({ address }));
    },
    close: async () => {
      resolver.cancel();
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
};
