import { existsSync, readFileSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { parse } from 'yaml';
import { providers } from '../providers/index.gen.ts';
import { ConfigError, type GatewayConfig, parseGatewayConfig } from './config.ts';
import { type Gateway, startGateway } from './gateway.ts';
import type { Provider } from './provider.ts';

const packageFile = new URL('../package.json', import.meta.url);
export const version: string = JSON.parse(readFileSync(packageFile, 'utf8')).version;

/** The process: settings from the environment, until a signal ends it. */
export const run = async (available: readonly Provider[] = providers): Promise<void> => {
  try {
    if (existsSync('.env')) loadEnvFile('.env');
    const config = readConfig(process.env.GATEWAY_CONFIG);
    const starting = startGateway({ environment: process.env, config, providers: available, version, onFatal: fail });
    // From the first moment: a signal during the start must not leave a database behind.
    stopOnSignals(starting);
    await starting;
  } catch (error) {
    fail(error);
  }
};

const readConfig = (named: string | undefined): GatewayConfig => {
  const file = named || 'gateway.yaml';
  if (!existsSync(file)) {
    if (named) throw new ConfigError(`GATEWAY_CONFIG: there is no file ${file}.`);
    return parseGatewayConfig({}, file);
  }
  try {
    return parseGatewayConfig(parse(readFileSync(file, 'utf8'), { maxAliasCount: 100 }), file);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file}: ${(error as Error).message}`);
  }
};

const stopOnSignals = (starting: Promise<Gateway>): void => {
  let stopping = false;
  const stop = (): void => {
    // A second signal means: now.
    if (stopping) process.exit(1);
    stopping = true;
    starting
      .then((gateway) => gateway.stop())
      .then(() => process.exit(0))
      .catch(fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};

const fail = (error: unknown): never => {
  // People read this; the log may not be up yet.
  const text =
    error instanceof Error && error.name !== 'Error' && error.name !== 'TypeError'
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`restage: ${text}\n`);
  process.exit(1);
};
