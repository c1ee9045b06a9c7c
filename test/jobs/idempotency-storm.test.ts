/** `STORM_ROUNDS` sets how often (1000): 20 equal requests at once, over two gateways on one database. */
import { Agent, request } from 'node:http';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const rounds = Number(process.env.STORM_ROUNDS ?? 1_000);
const atOnce = 20;

let gateway: TestGateway;
let other: { url: string; stop(): Promise<void> };
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

beforeAll(async () => {
  gateway = await startTestGateway({ environment: { ROLE: 'api' } });
  other = await gateway.another();
});
afterAll(async () => {
  agent.destroy();
  await other.stop();
  await gateway.stop();
});

const post = (url: string, key: string, body: string): Promise<{ status: number; id: string; replayed: boolean }> =>
  new Promise((resolve, reject) => {
    const sent = request(
      `${url}/v1/compose?provider=scripted`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json', 'idempotency-key': key } },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        const { id } = JSON.parse(Buffer.concat(chunks).toString());
        resolve({
          status: response.statusCode ?? 0,
          id,
          replayed: response.headers['idempotency-replayed'] === 'true',
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });

it(`makes one job of ${atOnce} equal requests at once, ${rounds} times`, async () => {
  const body = JSON.stringify({ person: 'https://example.com/p.jpg', prompt: 'x' });
  for (let round = 0; round < rounds; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: atOnce }, (_, index) => post(index % 2 ? other.url : gateway.url, `storm-${round}`, body)),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ status }) => status !== 202)).toEqual([]);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  }
  const client = new pg.Client(gateway.database.url);
  await client.connect();
  const { rows } = await client.query('select count(*)::int as count from jobs');
  await client.end();
  expect(rows[0].count).toBe(rounds);
}, 300_000);
