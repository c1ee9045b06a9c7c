import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endPostmaster, findPostmaster } from '../../src/platform/database/embedded/postmaster.ts';
import { DemoError } from './faults.ts';

export interface DemoGateway {
  /** Where it listens, once it is ready. */
  readonly ready: Promise<string>;
  /** Its last log lines. */
  log(): string;
  /** Ends it and its database and deletes its data; it may be called at any time. */
  stop(): Promise<void>;
}

const entry = fileURLToPath(new URL('../../src/node.ts', import.meta.url));
const leash = new URL('./leash.ts', import.meta.url).href;
const longestStartMs = 60_000;
/** A gateway promises to stop within 25 s. */
const longestStopMs = 30_000;
const lastWordsMs = 100;
const keptLines = 2_000;

/** What a program needs to run at all. No key, no server: the demo is the same on every machine. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'USERPROFILE', 'LANG'];

/** `ending` is aborted when the gateway ends unasked. */
export const startDemoGateway = async (ending: AbortController): Promise<DemoGateway> => {
  const folder = await mkdtemp(join(tmpdir(), 'restage-demo-'));
  const child = spawn(process.execPath, ['--import', leash, entry], {
    // An empty folder: no .env and no gateway.yaml of the user's.
    cwd: folder,
    env: environment(folder),
    // A Ctrl-C at the terminal is for the demo, which then stops the gateway in order.
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lines: string[] = [];
  const ready = readOutput(child, lines, ending.signal);
  let asked = false;
  const ended = new Promise<void>((resolve) => {
    const end = (how: string): void => {
      if (!asked) ending.abort(new DemoError(`The gateway ended by itself (${how})${lastComplaint(lines)}.`));
      resolve();
    };
    child.once('error', (error) => end(error.message));
    // Not 'close', which a channel that we disconnect holds back; the pause is for its last words.
    child.once('exit', (code, signal) => setTimeout(end, lastWordsMs, signal ?? `exit code ${code}`));
  });
  return {
    ready,
    log: () => lines.join('\n'),
    stop: async () => {
      asked = true;
      if (child.connected) child.disconnect();
      const force = setTimeout(() => child.kill('SIGKILL'), longestStopMs);
      await ended;
      clearTimeout(force);
      await endDatabase(folder);
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
};

/** Only a gateway that was killed leaves its database running. */
const endDatabase = async (folder: string): Promise<void> => {
  const name = (await readdir(folder).catch(() => [])).find((each) => /^postgres-\d+$/.test(each));
  if (name === undefined) return;
  const data = join(await realpath(folder), name, 'cluster');
  const running = await findPostmaster(data);
  if (running) await endPostmaster(running.pid, data, 2_000);
};

const environment = (folder: string): NodeJS.ProcessEnv => {
  const kept = inherited.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(kept), PORT: '0', DATA_DIR: folder, NODE_DISABLE_COMPILE_CACHE: '1' };
};

/** Collects the log, and finds in it the line that says where the gateway listens. */
const readOutput = (child: ChildProcess, lines: string[], ended: AbortSignal): Promise<string> => {
  const ready = new Promise<string>((resolve, reject) => {
    const late = AbortSignal.timeout(longestStartMs);
    late.addEventListener('abort', () =>
      reject(new DemoError(`The gateway was not ready after ${longestStartMs / 1000} s.`)),
    );
    ended.addEventListener('abort', () => reject(ended.reason));
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        if (lines.push(line) > keptLines) lines.shift();
        const url = readyUrl(line);
        if (url) resolve(url);
      });
    }
  });
  // It may fail before anybody waits for it.
  ready.catch(() => {});
  return ready;
};

const readyUrl = (line: string): string | undefined => {
  if (!line.includes('"ready"')) return undefined;
  try {
    const { msg, url } = JSON.parse(line) as { msg?: string; url?: string };
    return msg === 'ready' ? url : undefined;
  } catch {
    return undefined;
  }
};

/** What the gateway told people, not its structured log. */
const lastComplaint = (lines: readonly string[]): string => {
  const said = lines.findLast((line) => line.startsWith('restage: '));
  return said ? `: ${said.slice('restage: '.length).replace(/\.$/, '')}` : '';
};
