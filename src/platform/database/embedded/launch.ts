import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chown, open, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Binaries } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { socketPort } from './postmaster.ts';
import { giveTo, type Privileges } from './privileges.ts';

/** Where the server listens: `host` is a folder that holds its socket, or the loopback address. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A server process that we started; it outlives us unless it is ended. */
export interface Launched {
  readonly pid: number | undefined;
  hasEnded(): boolean;
  /** What the server itself wrote since it was started. */
  complaint(): Promise<string>;
}

export const loopback = '127.0.0.1';
/** The kernel takes 107 bytes on Linux, 103 on macOS. */
const longestSocketPath = 99;
const largestLogBytes = 16 * 1024 * 1024;
const complaintBytes = 4_000;

/** The socket in the folder, unless its path is too long or the system is Windows; then it is a port on loopback. */
export const socketAddress = (folder: string): Address | undefined => {
  const path = `${folder}/.s.PGSQL.${socketPort}`;
  if (process.platform === 'win32' || Buffer.byteLength(path) > longestSocketPath) return undefined;
  return { host: folder, port: socketPort };
};

export const freeLoopbackAddress = async (): Promise<Address> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, loopback, resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  return { host: loopback, port: typeof bound === 'object' && bound ? bound.port : 0 };
};

/** Marks the server's processes as those of this folder, where `ps` and we can see it. */
export const nameOf = (cluster: Cluster): string =>
  `restage-${createHash('sha256').update(cluster.data).digest('hex').slice(0, 10)}`;

export const launch = async (
  binaries: Binaries,
  privileges: Privileges,
  cluster: Cluster,
  address: Address,
): Promise<Launched> => {
  await giveTo(privileges, cluster.folder, cluster.data);
  const { file, size } = await openLog(cluster, privileges);
  try {
    const parameters = ['-D', cluster.data, ...settings(cluster, address)];
    const command = privileges.wrap(binaries.postgres, parameters);
    // Its own process group: a Ctrl-C at the terminal is for the gateway, which drains before it ends the server.
    const child = spawn(command.program, command.parameters, {
      ...command.user,
      cwd: cluster.folder,
      env: binaries.environment,
      detached: true,
      stdio: ['ignore', file.fd, file.fd],
    });
    let failure: Error | undefined;
    child.on('error', (error) => {
      failure = error;
    });
    child.unref();
    return {
      pid: child.pid,
      hasEnded: () => failure !== undefined || child.exitCode !== null || child.signalCode !== null,
      complaint: async () => failure?.message ?? (await readFrom(cluster.logFile, size)),
    };
  } finally {
    await file.close();
  }
};

const settings = (cluster: Cluster, { host, port }: Address): string[] =>
  Object.entries({
    cluster_name: nameOf(cluster),
    port,
    listen_addresses: host === loopback ? loopback : '',
    unix_socket_directories: host === loopback ? '' : `"${host.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    // Every commit is on the disk before it is answered; this is the point of a real database.
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    max_connections: 100,
    shared_buffers: '128MB',
    max_wal_size: '512MB',
    // One server alone: nothing is replicated.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_logical_replication_workers: 0,
    // Statements here are short: compiling or spreading them costs more than it saves.
    jit: 'off',
    max_parallel_workers_per_gather: 0,
    // Reads in the backend itself saves three processes.
    io_method: 'sync',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // Neither statements nor values of rows: they could hold what callers sent.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    // After a crash all files are written through first: one call for the whole disk took 0.2 s, one per file 1 s and
    // more. Linux only; it reports all errors from 5.8 on.
    ...(process.platform === 'linux' && { recovery_init_sync_method: 'syncfs' }),
    // A gateway that was killed in the middle of a statement gives its row locks back soon. Linux only.
    ...(process.platform === 'linux' && { client_connection_check_interval: '1s' }),
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

const openLog = async ({ logFile }: Cluster, { owner }: Privileges) => {
  const before = await stat(logFile).catch(() => undefined);
  if (before && before.size > largestLogBytes) await rename(logFile, `${logFile}.old`);
  const file = await open(logFile, 'a', 0o600);
  if (owner) await chown(logFile, owner.uid, owner.gid);
  return { file, size: (await file.stat()).size };
};

const readFrom = async (path: string, position: number): Promise<string> => {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(complaintBytes), position });
  return buffer.toString('utf8', 0, bytesRead).trim();
};
