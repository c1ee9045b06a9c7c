import type { WriteStream } from 'node:tty';
import type { JobView } from '../../src/operations/job.ts';

/** One line for each job. */
export interface Progress {
  update(name: string, job: JobView): void;
  /** The line keeps these last words. */
  end(name: string, words: string): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

const cells = 28;
const redrawMs = 100;

export const createProgress = (stream: WriteStream, names: readonly string[]): Progress => {
  const drawn = stream.isTTY && !process.env.CI && process.env.TERM !== 'dumb';
  return drawn ? bars(stream, names) : plainLines(stream, names);
};

interface Line {
  share: number;
  words: string;
  readonly startedAt: number;
  endedAt?: number;
}

const newLines = (names: readonly string[]): Map<string, Line> =>
  new Map(names.map((name) => [name, { share: 0, words: 'sending', startedAt: Date.now() }]));

const seconds = ({ startedAt, endedAt = Date.now() }: Line): string =>
  `${((endedAt - startedAt) / 1000).toFixed(1)} s`.padStart(7);

const note = (line: Line | undefined, { status, progress }: JobView): void => {
  if (!line) return;
  line.share = status === 'succeeded' ? 1 : progress;
  line.words = status;
};

const finish = (line: Line | undefined, words: string): void => {
  if (!line) return;
  line.words = words;
  line.endedAt = Date.now();
};

/** Three bars that are drawn over themselves. */
const bars = (stream: WriteStream, names: readonly string[]): Progress => {
  const lines = newLines(names);
  const width = Math.max(...names.map((name) => name.length));
  const render = (name: string, line: Line): string => {
    const full = Math.round(line.share * cells);
    const bar = '█'.repeat(full) + '░'.repeat(cells - full);
    const text = `  ${name.padEnd(width)}  ${bar} ${`${Math.round(line.share * 100)}`.padStart(3)} % ${seconds(line)}  ${line.words}`;
    // A line that wraps could not be drawn over.
    return `\x1b[2K${text.slice(0, Math.max(20, (stream.columns || 80) - 1))}\n`;
  };
  const all = (): string => [...lines].map(([name, line]) => render(name, line)).join('');
  // To the start of the first line: the terminal itself may have written ^C below the last.
  const redraw = (): void => void stream.write(`\x1b[${lines.size}F${all()}\x1b[J`);
  stream.write(`\x1b[?25l${all()}`);
  const timer = setInterval(redraw, redrawMs);
  return {
    update: (name, job) => note(lines.get(name), job),
    end: (name, words) => finish(lines.get(name), words),
    close: () => {
      clearInterval(timer);
      redraw();
      stream.write('\x1b[?25h');
    },
  };
};

/** For logs: a line when something has changed, and none of it is ever taken back. */
const plainLines = (stream: WriteStream, names: readonly string[]): Progress => {
  const lines = newLines(names);
  const width = Math.max(...names.map((name) => name.length));
  const print = (name: string, words: string): void => {
    const line = lines.get(name);
    if (line) stream.write(`  ${name.padEnd(width)} ${seconds(line)}  ${words}\n`);
  };
  return {
    update: (name, job) => {
      const line = lines.get(name);
      const before = line && `${line.words} ${line.share}`;
      note(line, job);
      if (!line || before === `${line.words} ${line.share}` || job.finished_at !== null) return;
      print(name, job.status === 'processing' ? `${job.status}, ${Math.round(line.share * 100)} %` : job.status);
    },
    end: (name, words) => {
      finish(lines.get(name), words);
      print(name, words);
    },
    close: () => {},
  };
};
