import type { Explanation } from './explanation.ts';
import { number, percent } from './numbers.ts';
import { type Columns, labelled, pad, row, rule } from './rows.ts';
import { nameOfG, type Stage, stagesOf } from './stages.ts';

/** Section 3 for a terminal: the paths from L back to x, each behind the derivative of L by its statistic. */
export function paths(e: Explanation, columns: Columns, width: number): string[] {
  const s = e.standardization!;
  const { energy } = s;
  const deviation = s.centred ? 'σ' : 'r';
  const g = nameOfG(s, e.upstream);
  const stages = stagesOf(s, g);
  const absent = s.constants ? 'a constant in evaluation: no path' : 'detached';
  const title = s.constants
    ? '3 ONE PATH   x moves y directly; μ and v do not move'
    : s.centred
      ? '3 THREE PATHS  x moves y directly, through μ and through v'
      : '3 TWO PATHS  x moves y directly and through v = mean x²';
  const path = (label: string, stage: Stage | null, values: readonly number[] | null, removed: number) =>
    stage && values
      ? [
          ...labelled('   ', stageText(stage, columns), width, 6),
          row(label, columns, values, `removes ${percent(removed).padStart(7)}`),
        ]
      : [`${pad(label)}  ${absent}`];
  const inner = s.ddof === 1 ? `Σ${g}·x̂/(m−1)` : `mean(${g}·x̂)`;
  const lines = [
    rule(title, columns, columns.hidden > 0 ? 'energy (all)' : 'energy'),
    row(`   direct     ${g}/${deviation}`, columns, s.direct, '        100.0 %'),
    ...(s.centred ? path(`   via μ     −mean(${g})/σ`, stages.mean, s.viaMean, energy.mean) : []),
    ...path(`   via v     −x̂·${inner}/${deviation}`, stages.variance, s.viaVariance, energy.variance),
    columns.line,
    row('   dx', columns, e.dx, `keeps   ${percent(energy.kept).padStart(7)}`),
  ];
  const gone = Number(s.viaMean !== null) + Number(s.viaVariance !== null);
  if (gone > 0) lines.push('   energy of a vector = the sum of its squares; the direct path has 100 %');
  if (s.m === 1 || gone === 0) return lines;
  const directions = gone === 2 ? '1 and x̂ are gone' : s.viaMean ? '1 is gone' : 'x̂ is gone';
  lines.push(
    `   of ${s.m} directions in a set, ${directions}: a random g keeps (m−${gone})/m = ${percent(energy.expected)}`,
  );
  return lines;
}

/** `dL/dμ = −Σdy/σ = -0.4009, times dμ/dx = 1/m:`, with a number for each set that has columns. */
function stageText({ formula, values, times }: Stage, { sets }: Columns): string {
  const shown = values.slice(0, sets).map(number).join(' │ ');
  return `${formula} = ${shown}${values.length > sets ? ' │ …' : ''}, times ${times}:`;
}
