import { type Logger, pino } from 'pino';

/** Values under these names never reach a log line, wherever they stand. */
const secretNames = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'api_key',
  'apiKey',
  'key',
  'signature',
  'image',
  'bytes_of',
];

/** Structured lines on stdout, written in the background; the last ones are flushed when the process ends. */
export const createLog = (level: string, destination?: NodeJS.WritableStream): Logger => {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
  };
  return destination
    ? pino(options, destination)
    : pino(options, pino.destination({ fd: 1, sync: false, minLength: 4_096, periodicFlush: 100 }));
};
