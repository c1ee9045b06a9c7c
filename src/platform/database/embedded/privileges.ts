import { execFile } from 'node:child_process';
import { chown, lchown, lstat, readdir, readFile, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { EmbeddedError } from './errors.ts';

/**
 * PostgreSQL refuses to run as root, and needs a name for its user.
 * `self` as we are · `namespace` as we are for the kernel, so that closed folders stay open to it, as another in a user
 * namespace · `capabilities` as another user, who may still pass closed folders · `account` as another user.
 */
export type Way = 'self' | 'namespace' | 'capabilities' | 'account';

export interface Privileges {
  readonly way: Way;
  /** Whom the files of the server must belong to; absent where nobody but us can have made them. */
  readonly owner?: Owner;
  /** A command that is to run that way. It is replaced by its program: the process id stays. */
  wrap(program: string, parameters: readonly string[]): Command;
}

export interface Command {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly user?: Owner;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const run = promisify(execFile);
const probeTimeoutMs = 10_000;

/** The first way that really works with this folder, which must exist; tried, as no rule tells it beforehand. */
export const findPrivileges = async (binaries: Binaries, folder: string, forced?: Way): Promise<Privileges> => {
  const failures: string[] = [];
  for (const way of forced ? [forced] : await candidates()) {
    try {
      const privileges = await describe(way);
      if (privileges.owner) await chown(folder, privileges.owner.uid, privileges.owner.gid);
      await probe(privileges, binaries, folder);
      return privileges;
    } catch (error) {
      failures.push(`${way}: ${lastLine(error)}`);
    }
  }
  const asWhom =
    process.getuid?.() === 0 ? 'as root, which PostgreSQL refuses, and no other user could be used' : 'as this user';
  throw new EmbeddedError(
    'no_account',
    `The embedded PostgreSQL cannot run ${asWhom} (${failures.join('; ')}). ` +
      'Start the gateway as another user who can read its folder and write DATA_DIR, or set DATABASE_URL.',
  );
};

/** Gives the files of a server that ran as another user to the one it runs as now. `data` is one of its folders. */
export const giveTo = async ({ owner }: Privileges, folder: string, data: string): Promise<void> => {
  if (!owner) return;
  // The folder of the data comes after all that is in it, and tells by its owner that all of it is done.
  const { uid, gid } = await lstat(data);
  if (uid !== owner.uid || gid !== owner.gid) await giveTree(data, owner);
  for (const name of await readdir(folder)) await lchown(join(folder, name), owner.uid, owner.gid);
};

const giveTree = async (path: string, owner: Owner): Promise<void> => {
  if ((await lstat(path)).isDirectory())
    for (const name of await readdir(path)) await giveTree(join(path, name), owner);
  await lchown(path, owner.uid, owner.gid);
};

const candidates = async (): Promise<Way[]> => {
  if (process.platform === 'win32') return ['self'];
  if (process.getuid?.() === 0) return ['namespace', 'capabilities', 'account'];
  // A container may run us as a number that no user has; initdb asks for the name.
  return hasName() ? ['self'] : ['namespace', 'self'];
};

const hasName = (): boolean => {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
};

const describe = async (way: Way): Promise<Privileges> => {
  if (way === 'self') return { way, wrap: (program, parameters) => ({ program, parameters }) };
  const account = await findAccount();
  const isRoot = process.getuid?.() === 0;
  if (way === 'namespace') {
    const options = ['--user', `--map-user=${account.uid}`, `--map-group=${account.gid}`, '--'];
    return {
      way,
      ...(isRoot && { owner: { uid: 0, gid: 0 } }),
      wrap: (program, parameters) => ({ program: 'unshare', parameters: [...options, program, ...parameters] }),
    };
  }
  if (way === 'account') {
    return { way, owner: account, wrap: (program, parameters) => ({ program, parameters, user: account }) };
  }
  const options = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', ...passClosedFolders, '--'];
  return {
    way,
    owner: account,
    wrap: (program, parameters) => ({ program: 'setpriv', parameters: [...options, program, ...parameters] }),
  };
};

/** Without the secure bit, access(2), by which PostgreSQL looks at its own programs, would not count the capability. */
const passClosedFolders = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'];

const findAccount = async (): Promise<Owner> => {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const line = lines.find(([name]) => name === wanted);
    const account = { uid: Number(line?.[2]), gid: Number(line?.[3]) };
    if (account.uid > 0 && account.gid > 0) return account;
  }
  throw new Error('there is no user named postgres or nobody');
};

const probe = async (privileges: Privileges, binaries: Binaries, folder: string): Promise<void> => {
  const file = join(folder, '.probe');
  const { program, parameters, user } =
    process.platform === 'win32'
      ? privileges.wrap(binaries.postgres, ['--version'])
      : privileges.wrap('/bin/sh', ['-c', '"$1" --version && : >"$2"', 'sh', binaries.postgres, file]);
  try {
    await run(program, parameters, { ...user, env: binaries.environment, timeout: probeTimeoutMs });
  } finally {
    await rm(file, { force: true });
  }
};

const lastLine = (error: unknown): string => {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr?.trim() || message).split('\n').at(-1) ?? '';
};
