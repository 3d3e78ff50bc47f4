import { renderSummaryTable, renderTable } from '../../charts/table.ts';
import { renderTerminalChart } from '../../charts/terminalChart.ts';
import type { TerminalColors } from '../../charts/terminalColors.ts';
import { plural } from '../../errors.ts';
import { figuresOf } from '../../experiment/figure.ts';
import type { Experiment } from '../../experiment/spec.ts';
import type { StoredExperiment } from '../../experiment/stored.ts';
import { endTable, publishedTable, verdictText } from '../../experiment/tables.ts';

/** What came of an experiment, for a terminal: the ends of its runs, the figure, and the claims. */
export function experimentText(
  experiment: Experiment,
  {
    settings,
    seeds,
    claims,
    smoke,
    runs,
  }: Pick<StoredExperiment, 'settings' | 'seeds' | 'claims' | 'smoke' | 'runs'>,
  options: { width: number; colors: TerminalColors },
): string {
  const { width, colors } = options;
  const { bold, dim, green, red, yellow } = colors;
  const { corner, title, rows, columns: heads, cell } = endTable(experiment, runs);
  const published = publishedTable(experiment, runs);
  const [chart] = figuresOf(experiment, runs, `${settings}.`);
  const verdicts = claims.map((claim) => {
    const mark = smoke ? yellow('?') : claim.held ? green('✓') : red('✗');
    return `${mark} ${claim.says} ${dim(`(${verdictText(claim)})`)}`;
  });
  const heading = `${title[0].toUpperCase()}${title.slice(1)}, mean ± std over n = ${plural(seeds.length, 'seed')}`;
  const parts = [
    `${bold(heading)}\n${renderSummaryTable(corner, rows, heads, cell, options)}`,
    renderTerminalChart(chart, { width: Math.min(width, 80), height: 14, colors }),
  ];
  if (!smoke && published.rows.length > 0) {
    const columns = published.heads.map((head, i) => ({
      head,
      align: i === 0 ? ('left' as const) : ('right' as const),
    }));
    parts.push(`${bold('Beside what was published')}\n${renderTable(columns, published.rows, options)}`);
  }
  if (verdicts.length > 0) {
    parts.push([bold(smoke ? 'Claims (a smoke run cannot judge them)' : 'Claims'), ...verdicts].join('\n'));
  }
  return parts.join('\n\n');
}
