/** `node bench/run.ts [name…] [--times=n]`: measures and reports. It never fails for a figure that falls short. */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { accept } from './accept.ts';
import { decodeLoad } from './decode-load.ts';
import { intake } from './intake.ts';
import { localJobs } from './local-jobs.ts';
import { localSpeed } from './local-speed.ts';
import { slowClients } from './slow-clients.ts';
import { startUp } from './start-up.ts';
import type { Figure } from './support/figure.ts';
import { rowsOf, table } from './support/table.ts';
import { turnaround } from './turnaround.ts';
import { uploads } from './uploads.ts';

const benchmarks = [accept, uploads, intake, slowClients, decodeLoad, localJobs, localSpeed, startUp, turnaround];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '1' } },
});
const times = Math.max(1, Number(values.times));
const wanted = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (wanted.length === 0) console.log(`There are: ${benchmarks.map(({ name }) => name).join(', ')}.`);

const load = (): string =>
  loadavg()
    .map((each) => each.toFixed(1))
    .join(' ');
console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, load ${load()}`);
const rows: string[][] = [];
for (const { name, run } of wanted) {
  const rounds: (readonly Figure[])[] = [];
  try {
    for (let time = 0; time < times; time += 1) {
      process.stderr.write(`${name} ${time + 1}/${times} …\n`);
      rounds.push(await run());
    }
  } catch (error) {
    console.error(`${name} failed:`, error);
  }
  rows.push(...rowsOf(name, rounds));
}
console.log(`\n${table(rows)}\n\nload at the end ${load()}`);
