import type { ServerType } from '@hono/node-server';
import { type Environment, type GatewayConfig, parseSettings } from './config.ts';
import { readiness, unavailable } from './health.ts';
import { createApp } from './http/app.ts';
import { createDecoder } from './images/decoder.ts';
import { createGuardedFetch } from './images/guarded-fetch.ts';
import { createImages } from './images/images.ts';
import { outputTypes, thumbnailWidths } from './images/limits.ts';
import { createThumbnails } from './images/thumbnails.ts';
import { createAccept } from './jobs/accept.ts';
import { createCancel } from './jobs/cancel.ts';
import type { WorkerContext } from './jobs/context.ts';
import { countEndings } from './jobs/count-endings.ts';
import { createIntake } from './jobs/intake.ts';
import { createPresenter } from './jobs/view.ts';
import { operations } from './operations/index.gen.ts';
import { ensureDataFolder } from './platform/data-folder.ts';
import { connectDatabase } from './platform/database/connect.ts';
import { createJobStore } from './platform/database/job-store/index.ts';
import { jobChannel } from './platform/database/job-store/transitions.ts';
import { createJobWatch } from './platform/database/job-watch.ts';
import { loadLinkSecret } from './platform/database/secret.ts';
import { docsFile } from './platform/http/docs-files.ts';
import { createProviderClient } from './platform/http/provider-client.ts';
import { closeServer, listen, urlOf } from './platform/http/server.ts';
import { newId } from './platform/ids.ts';
import { createAuthenticate } from './platform/keys.ts';
import { createBossQueue, queueChannel } from './platform/queue/boss-queue.ts';
import { openStorage } from './platform/storage/open.ts';
import { createTelemetry } from './platform/telemetry/create.ts';
import { errorText } from './platform/telemetry/error-text.ts';
import type { Provider } from './provider.ts';
import { checkQueue, workQueue } from './routing/backend.ts';
import { setUpRouting } from './routing/set-up.ts';
import { retentionQueue, startWorker, type Worker } from './worker.ts';

export interface Gateway {
  /** Where it listens; null for a worker alone. */
  readonly url: string | null;
  /** Finishes or hands back what runs, within 25 s. */
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly environment: Environment;
  readonly config: GatewayConfig;
  readonly providers: readonly Provider[];
  readonly version: string;
  /** The embedded database is gone for good: this process can do nothing more. */
  readonly onFatal?: (error: unknown) => void;
}

/** Starts all, or nothing: what was opened before a failure is closed again. */
export const startGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const opened = new AsyncDisposableStack();
  try {
    return await assemble(options, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
};

/** The parts diagram: read it from top to bottom. */
const assemble = async (
  { environment, config, providers, version, onFatal }: GatewayOptions,
  opened: AsyncDisposableStack,
): Promise<Gateway> => {
  const settings = parseSettings(environment);
  const routing = setUpRouting(providers, environment, config);
  const limits = { maxBytes: config.limits.max_image_bytes, maxPixels: config.limits.max_image_pixels };
  const isApi = settings.ROLE !== 'worker';
  const isWorker = settings.ROLE !== 'api';

  const address = { url: settings.PUBLIC_URL ?? '' };
  const publicUrl = (): string => address.url;
  const telemetry = await createTelemetry(settings.LOG_LEVEL, settings.OTEL_EXPORTER_OTLP_ENDPOINT);
  opened.defer(telemetry.stop);
  const onError = (error: unknown): void => telemetry.log.warn({ error: errorText(error) }, 'in the background');

  if (!settings.DATABASE_URL || !settings.S3_BUCKET) await ensureDataFolder(settings.DATA_DIR);
  const database = await connectDatabase(settings, {
    channels: [jobChannel, queueChannel],
    onError,
    log: telemetry.log,
    onLost: onFatal ?? onError,
  });
  opened.defer(database.stop);
  const queue = createBossQueue(database.pool, onError);
  opened.defer(queue.stop);
  await queue.start({
    supervise: isWorker,
    alone: !settings.DATABASE_URL,
    queues: [retentionQueue, ...routing.backends.flatMap(({ name }) => [workQueue(name), checkQueue(name)])],
  });
  const store = countEndings(createJobStore(database, queue), telemetry);
  telemetry.watch(store);

  const decoder = opened.use(createDecoder());
  await decoder.spool.open();
  const { storage, link, serveFile, reader } = await openStorage(settings, {
    publicUrl,
    secret: await loadLinkSecret(database.db),
    thumbnail: { widths: thumbnailWidths, types: outputTypes, ...createThumbnails(decoder) },
  });
  opened.defer(() => storage.close());
  const guardedFetch = createGuardedFetch({ allow: settings.ALLOW_FETCH_FROM });
  opened.defer(() => guardedFetch.close());
  opened.defer(async () => void (await Promise.all(providers.map((provider) => provider.close?.()))));
  const images = createImages({ guardedFetch, limits, ...(reader && { s3Reader: reader }) });
  const intake = createIntake({
    store,
    storage,
    images,
    decoder,
    limits,
    metrics: telemetry.metrics,
    retentionDays: settings.RETENTION_DAYS,
    now: Date.now,
  });
  const watch = createJobWatch(database.listener);

  const backends = new Map(routing.backends.map((backend) => [backend.name, backend]));
  const clients = new Map(
    routing.backends.map((backend) => [
      backend.name,
      createProviderClient(backend.provider.origins?.(backend.settings) ?? []),
    ]),
  );
  const context: WorkerContext = {
    store,
    storage,
    images,
    decoder,
    watch,
    telemetry,
    limits,
    backend: (name) => backends.get(name),
    http: ({ name }) => clients.get(name) ?? createProviderClient([]),
    retentionDays: settings.RETENTION_DAYS,
    now: Date.now,
    random: Math.random,
  };

  const stopping = new AbortController();
  const running: { worker?: Worker; server?: ServerType } = {};
  // Both at once: open requests are answered while workers finish or hand back what they do.
  opened.defer(async () => {
    stopping.abort();
    await Promise.all([running.server && closeServer(running.server), running.worker?.stop()]);
  });
  if (isWorker) {
    running.worker = await startWorker({
      context,
      queue,
      listener: database.listener,
      backends: routing.backends,
      onError,
    });
  }
  const isAdmin = createAuthenticate(settings.ADMIN_KEYS);
  const app = createApp(
    {
      operations,
      accept: createAccept({ store, intake, images, routing: () => routing, telemetry, now: Date.now }),
      cancel: createCancel(store),
      intake,
      store,
      storage,
      presenter: createPresenter({ link, s3Uri: storage.s3Uri, publicUrl }),
      watch,
      routing: () => routing,
      telemetry,
      authenticate: createAuthenticate(settings.API_KEYS),
      // Without admin keys what is for operators is open only where everything is.
      isAdmin: (key) => isAdmin(key) !== null && (settings.ADMIN_KEYS.length > 0 || settings.API_KEYS.length === 0),
      corsOrigins: settings.CORS_ORIGINS,
      limits: { maxImageBytes: limits.maxBytes },
      publicUrl,
      serveFile,
      ready: () =>
        readiness(
          {
            database: () => database.pool.query('select 1'),
            storage: () => storage.healthy(),
            temporary_files: () => decoder.spool.healthy(),
          },
          stopping.signal,
        ),
      metricsText: telemetry.metricsText,
      docsFile,
      translate: unavailable,
      stopping: stopping.signal,
      now: Date.now,
      newRequestId: () => newId('req'),
    },
    version,
    isApi ? 'all' : 'service',
  );

  // A worker alone listens only where it is told to: on one machine it must not take the port of the API.
  if (isApi || environment.PORT?.trim()) {
    running.server = await listen(app.fetch, settings.HOST, settings.PORT);
    if (address.url === '') address.url = urlOf(running.server);
  }
  telemetry.log.info({ url: address.url, role: settings.ROLE, backends: [...backends.keys()], version }, 'ready');
  return { url: running.server ? address.url : null, stop: () => opened.disposeAsync() };
};
