import { renderSummaryTable, renderTable } from '../../charts/table.ts';
import { renderTerminalChart } from '../../charts/terminalChart.ts';
import type { TerminalColors } from '../../charts/terminalColors.ts';
import { wrapLines } from '../../charts/text.ts';
import { plural } from '../../errors.ts';
import { countOutcomes, judgementText, outcomeMarks } from '../../experiment/claimText.ts';
import { figuresOf } from '../../experiment/figure.ts';
import type { Experiment } from '../../experiment/spec.ts';
import { type CheckedClaim, checkClaims, type StoredExperiment } from '../../experiment/stored.ts';
import { endTable, publishedTable } from '../../experiment/tables.ts';

/** What came of an experiment, for a terminal: the ends of its runs, the figure, and the claims, as they stand in `experiment` now. */
export function experimentText(
  experiment: Experiment,
  { settings, seeds, smoke, runs }: Pick<StoredExperiment, 'settings' | 'seeds' | 'smoke' | 'runs'>,
  options: { width: number; colors: TerminalColors },
): string {
  const { width, colors } = options;
  const { bold } = colors;
  const { corner, title, rows, columns: heads, cell } = endTable(experiment, runs);
  const published = publishedTable(experiment, runs);
  const [chart] = figuresOf(experiment, runs, `${settings}.`);
  const claims = checkClaims(experiment, runs);
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
  if (claims.length > 0) {
    const lines = claims.map((claim) => claimLine(claim, smoke, colors));
    const note = smoke ? [] : undecidedNote(claims, seeds.length).map(colors.dim);
    const all = [bold(smoke ? 'Claims (a smoke run cannot judge them)' : 'Claims'), ...lines, ...note];
    parts.push(all.map((line) => wrapLines(line, width, 2)).join('\n'));
  }
  return parts.join('\n\n');
}

function claimLine(claim: CheckedClaim, smoke: boolean, colors: TerminalColors): string {
  const paint = { held: colors.green, failed: colors.red, undecided: colors.yellow };
  const outcome = smoke ? 'undecided' : claim.outcome;
  return `${paint[outcome](outcomeMarks[outcome])} ${claim.says} ${colors.dim(`(${judgementText(claim)})`)}`;
}

function undecidedNote(claims: readonly CheckedClaim[], seeds: number): string[] {
  const { undecided } = countOutcomes(claims);
  if (undecided === 0) return [];
  // What diverged with a seed diverges with it again
  const isOpen = claims.some(({ outcome, lost }) => outcome === 'undecided' && lost === 0);
  const more = isOpen ? ` More seeds tell more: --seeds ${Math.max(5, 2 * seeds)}` : '';
  return [
    `? ${undecided} of ${claims.length} not decided by ${plural(seeds, 'seed')}, which is no failure (exit code 0 if no other fails).${more}`,
  ];
}
