import type pg from 'pg';
import type { Settings } from '../../config.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { type OpenDatabase, openDatabase } from './client.ts';
import type { EmbeddedServer } from './embedded/server.ts';
import { type Listener, openListener } from './listener.ts';
import { prepareDatabase } from './prepare.ts';

export interface ConnectedDatabase extends OpenDatabase {
  readonly listener: Listener;
  stop(): Promise<void>;
}

interface ConnectOptions {
  readonly channels: readonly string[];
  readonly onError: (error: unknown) => void;
  /** The embedded server cannot be brought back. */
  readonly onLost: (error: unknown) => void;
  readonly log: Log;
}

/** The operator's PostgreSQL, or the embedded one in the data folder; migrated, and listening. */
export const connectDatabase = async (
  settings: Settings,
  { channels, onError, onLost, log }: ConnectOptions,
): Promise<ConnectedDatabase> => {
  const embedded = settings.DATABASE_URL ? null : await startServer(settings, log, onLost);
  const config: pg.PoolConfig = embedded?.poolConfig ?? { connectionString: settings.DATABASE_URL };
  try {
    await prepareDatabase(config);
    const opened = openDatabase(config, onError);
    const listener = await openListener(config, channels, onError);
    const stop = async (): Promise<void> => {
      await listener.close();
      await opened.close();
      await embedded?.stop();
    };
    return { ...opened, listener, stop };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
};

const startServer = async (
  { DATA_DIR }: Settings,
  log: Log,
  onLost: (error: unknown) => void,
): Promise<EmbeddedServer> => {
  const { startEmbedded } = await import('./embedded/server.ts');
  return startEmbedded({ dataDir: DATA_DIR, log, onLost });
};
