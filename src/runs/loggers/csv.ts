import type { MetricsLine } from '../../train/metrics.ts';

const usual = 'run t epoch step trainLoss trainAccuracy testLoss testAccuracy lr ms seconds'.split(' ');

/** The lines of runs as one table: a row for each line, and behind the usual columns one for each number of a probe. */
export function metricsCsv(runs: readonly { run: string; lines: readonly MetricsLine[] }[]): string {
  const rows = runs.flatMap(({ run, lines }) => lines.map((line) => ({ run, ...cellsOf(line) })));
  const columns = [...new Set([...usual, ...rows.flatMap((row) => Object.keys(row))])];
  const text = (row: Record<string, string | number>) =>
    columns.map((name) => quoted(row[name] ?? '')).join(',');
  return [columns.map(quoted).join(','), ...rows.map(text)].map((line) => `${line}\n`).join('');
}

function cellsOf(line: MetricsLine): Record<string, string | number> {
  if (line.t === 'probe') {
    const values = Object.entries(line.values).flatMap(([name, value]) =>
      [value]
        .flat()
        .map((each, i) => [`${line.probe}.${name}${Array.isArray(value) ? `.${i}` : ''}`, each] as const),
    );
    return { t: line.t, step: line.step, ...Object.fromEntries(values) };
  }
  const { t, epoch, step, train, lr } = line;
  const scores = { trainLoss: train.loss, trainAccuracy: train.accuracy };
  if (t === 'step') return { t, epoch, step, ...scores, lr, ms: line.ms };
  const { test, seconds } = line;
  return { t, epoch, step, ...scores, testLoss: test.loss, testAccuracy: test.accuracy, lr, seconds };
}

/** As RFC 4180 wants it. */
function quoted(cell: string | number): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
