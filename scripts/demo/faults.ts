/** The demo cannot go on; the message is for whoever typed the command. */
export class DemoError extends Error {
  override readonly name: string = 'DemoError';
}

/** The command itself is wrong: nothing was started. */
export class UsageError extends DemoError {
  override readonly name = 'UsageError';
}

/** Somebody asked us to end. */
export class Interrupted extends DemoError {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals, signalNumber: number) {
    super(`Ended by ${signal}.`);
    this.exitCode = 128 + signalNumber;
  }
}

const systemWords: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'that is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'that is a file, not a folder',
  EACCES: 'you have no permission for it',
  EPERM: 'you have no permission for it',
  EROFS: 'that disk is read-only',
  ENOSPC: 'the disk is full',
};

/** What the system said about a path, in words. */
export const reasonOf = (error: unknown): string => {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return systemWords[code] ?? message;
};
