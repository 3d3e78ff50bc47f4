import { plural } from '../../errors.ts';
import type { SweepRun } from '../../runs/sweep/sweep.ts';
import { whatIsWrong } from '../../train/result.ts';
import { typed } from '../../typed.node.ts';
import type { Output } from '../output.ts';
import { tableText } from '../table.ts';

/**
 * The runs that are not done, or learned nothing that shows, one a row, and how many there are of each kind; `more` is for programs,
 * `again` trains the rest.
 */
export function reportSweep(
  folder: string,
  runs: readonly SweepRun[],
  output: Output,
  { again = typed('sweep', [folder]), more = {} }: { again?: string; more?: object } = {},
): void {
  const kinds = ['done', 'diverged', 'failed', 'running', 'missing'] as const;
  const counts = Object.fromEntries(
    kinds.map((kind) => [kind, runs.filter((each) => each.status === kind).length]),
  );
  const rows = runs.flatMap(({ labels, status, result, error }) => {
    const why = (result && whatIsWrong(result)) ?? (status === 'failed' ? (error ?? '') : undefined);
    return why === undefined ? [] : [[labelText(labels), status, why.split('\n')[0]]];
  });
  if (rows.length > 0) output.result(tableText(['run', 'status', 'why'], rows, output));
  const counted = kinds.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`);
  output.result(`${plural(runs.length, 'run')}: ${counted.join(', ')}`);
  if (counts.missing > 0) output.result(`continue: ${again}`);
  else if (counts.failed > 0) output.result(`try again what failed: ${again}`);
  output.event('result', {
    folder,
    ...counts,
    ...more,
    runs: runs.map(({ id, labels, status: each, error }) => ({ id, labels, status: each, error })),
  });
}

/** `norm batch  seed 1` */
export function labelText(labels: SweepRun['labels']): string {
  return Object.entries(labels)
    .map(([axis, value]) => `${axis} ${value}`)
    .join('  ');
}
