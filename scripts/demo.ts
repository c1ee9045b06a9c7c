/** Shows on a fresh machine what the gateway does: `npm run demo`, or `npm run demo -- --help`. */
import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Arguments, helpText, readArguments } from './demo/arguments.ts';
import { DemoError, Interrupted, UsageError } from './demo/faults.ts';
import { type DemoGateway, startDemoGateway } from './demo/gateway.ts';
import { gatherPictures, sampleNames } from './demo/pictures.ts';
import { resultNames } from './demo/requests.ts';
import { openResultsFolder, type ResultsFolder } from './demo/results-folder.ts';
import { showOperations } from './demo/show.ts';

const logName = 'gateway.log';

const main = async (): Promise<number> => {
  const given = await readArguments(process.argv.slice(2));
  if (given.help) {
    console.log(helpText);
    return 0;
  }
  const names = [...Object.values(resultNames), ...sampleNames(given), logName];
  const folder = await openResultsFolder(given.out, names);
  const ending = new AbortController();
  endOnSignals(ending);
  const gateway = await startDemoGateway(ending);
  try {
    await show(given, folder, gateway, ending.signal);
    return 0;
  } catch (error) {
    // Whoever ended the gateway knows more than the request that broke off.
    if (!(error instanceof DemoError)) await sleep(300);
    const reason: unknown = ending.signal.aborted ? ending.signal.reason : error;
    if (reason instanceof Interrupted) {
      console.error('\nStopping the gateway.');
      throw reason;
    }
    await folder.save(logName, `${gateway.log()}\n`);
    throw new DemoError(`${(reason as Error).message}\nThe gateway's log: ${folder.path(logName)}`, { cause: reason });
  } finally {
    await gateway.stop();
  }
};

const show = async (
  given: Arguments,
  folder: ResultsFolder,
  gateway: DemoGateway,
  ending: AbortSignal,
): Promise<void> => {
  const startedAt = Date.now();
  console.log('Restage demo: starting a gateway on this machine, with no key, account or server set.');
  const [url, pictures] = await Promise.all([gateway.ready, gatherPictures(given, folder)]);
  console.log(`Ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s at ${url}\n`);
  await showOperations({ url, pictures, folder, ending });
  if (!given.keep) {
    console.log('API docs: npm start, then http://127.0.0.1:8787/docs (or: npm run demo -- --keep)');
    return;
  }
  console.log(`API docs: ${url}/docs\nThe gateway stays up until you press Ctrl-C; then it and its data are gone.`);
  if (!ending.aborted) await once(ending, 'abort');
  if (!(ending.reason instanceof Interrupted)) throw ending.reason;
  console.log('\nStopping the gateway.');
};

const endOnSignals = (ending: AbortController): void => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => ending.abort(new Interrupted(signal, constants.signals[signal])));
  }
  // Nobody reads any more, as in `npm run demo | head -1`: the rest is done all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
};

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof Interrupted) process.exitCode = error.exitCode;
  else {
    console.error(`demo: ${error instanceof DemoError ? error.message : ((error as Error).stack ?? error)}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
