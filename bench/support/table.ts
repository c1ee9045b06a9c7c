import { ascending, type Figure, median } from './figure.ts';

const headings = ['benchmark', 'figure', 'median', 'best', 'target', 'of target', ''] as const;

/** `rounds` holds the figures of each run of one benchmark; runs of the same benchmark have the same figures. */
export const rowsOf = (benchmark: string, rounds: readonly (readonly Figure[])[]): string[][] =>
  (rounds[0] ?? []).map((figure) => {
    const values = rounds.flatMap((figures) => figures.filter(({ name }) => name === figure.name));
    const middle = median(values.map(({ value }) => value));
    const sorted = ascending(values.map(({ value }) => value));
    const best = (figure.target && 'atLeast' in figure.target ? sorted.at(-1) : sorted[0]) ?? Number.NaN;
    const verdict = verdictOf(figure, middle);
    return [benchmark, figure.name, shown(middle, figure), shown(best, figure), ...verdict];
  });

const verdictOf = ({ target, ...figure }: Figure, value: number): [string, string, string] => {
  if (!target) return ['', '', ''];
  const limit = 'atMost' in target ? target.atMost : target.atLeast;
  const passes = 'atMost' in target ? value <= limit : value >= limit;
  const sign = 'atMost' in target ? '≤' : '≥';
  return [`${sign} ${shown(limit, figure)}`, `${Math.round((value / limit) * 100)} %`, passes ? 'pass' : 'short'];
};

const shown = (value: number, { unit }: Pick<Figure, 'unit'>): string => {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`;
};

export const table = (rows: readonly (readonly string[])[]): string => {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};
