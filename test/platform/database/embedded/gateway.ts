/**
 * A process that holds the folder as a gateway does. Run with a JSON of options as its only parameter; it writes one
 * line of JSON when the server is ready or was refused, and takes SIGINT and SIGTERM as the order to drain, that is to
 * go on. A line on its input makes it stop.
 */
import { type EmbeddedOptions, startEmbedded } from '../../../../src/platform/database/embedded/server.ts';

const options: Pick<EmbeddedOptions, 'dataDir' | 'way' | 'binaries'> = JSON.parse(process.argv[2] ?? '{}');
const report = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

try {
  const { poolConfig, stop } = await startEmbedded({
    ...options,
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  report({ poolConfig });
  process.stdin.once('data', async () => {
    await stop();
    process.exit(0);
  });
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  report({ error: { code, message } });
  process.exit(1);
}
