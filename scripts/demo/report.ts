import type { JobView } from '../../src/operations/job.ts';

export interface Result {
  readonly job: JobView;
  readonly file: string;
}

const headings = ['operation', 'provider', 'time', 'pixels', 'bytes', 'file'] as const;
/** Numbers stand right-aligned. */
const numeric = new Set([2, 3, 4]);

export const tableOf = (results: readonly Result[]): string => {
  const rows = [headings, ...results.map(rowOf)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const text = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        numeric.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return rows.map((row) => `  ${text(row)}`).join('\n');
};

const rowOf = ({ job, file }: Result): readonly string[] => {
  const [output] = job.outputs;
  return [
    job.operation,
    job.provider ?? '',
    `${((job.timings_ms.total ?? 0) / 1000).toFixed(1)} s`,
    output ? `${output.width} x ${output.height}` : '',
    output ? output.bytes.toLocaleString('en-US') : '',
    file,
  ];
};

/** What the jobs themselves say was not done as asked: the first sentence of each. Empty when all was. */
export const shortfallsOf = (results: readonly Result[]): string =>
  results
    .flatMap(({ job }) =>
      job.adjustments
        .filter(({ action }) => action !== 'mapped')
        .map(({ field, action, detail }) => `  ${job.operation}: ${field} ${action}. ${firstSentence(detail)}`),
    )
    .join('\n');

const firstSentence = (text: string): string => `${(text.split(/[.;] /)[0] ?? text).replace(/\.$/, '')}.`;

/** A failed job's code and message. */
export const failureOf = ({ operation, status, error }: JobView): string =>
  error ? `${operation} failed: ${error.code}: ${error.message}` : `${operation} ended as ${status}.`;
