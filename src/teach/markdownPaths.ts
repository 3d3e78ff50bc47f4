import type { Explanation } from './explanation.ts';
import { fence, list, table } from './markdownTable.ts';
import { greek, number, percent } from './numbers.ts';
import { drawPicture } from './picture.ts';
import { nameOfG, type Stage, stagesOf } from './stages.ts';

/** Sections 1 to 3 as Markdown: from x to y, what comes in from L, and the paths back to x. */
export function forward(e: Explanation): string[] {
  const { standardization: s } = e;
  const picture = e.picture ? ['', ...fence(drawPicture(e.picture, 100).map((line) => line.slice(3)))] : [];
  if (!s) {
    const learned = e.learned.map(({ name, value }) => `${greek(name)} = ${list(value)}`).join('; ');
    const rows: [string, number[]][] = [
      ['x', e.x],
      ['y', e.y],
    ];
    return [`${e.reading}${learned && `; ${learned}`}`, '', ...table(e, '', rows), ...picture];
  }
  const sets = s.sets.slice(0, 4).map(({ mean, variance, sigma }, i) => {
    const which = s.sets.length > 1 ? `set ${i + 1}: ` : '';
    return s.centred
      ? `${which}μ = ${number(mean)}, v = ${number(variance)}, σ = ${number(sigma)}`
      : `${which}v = mean x² = ${number(variance)}, r = ${number(sigma)}`;
  });
  const rows: [string, number[]][] = [
    ['x', e.x],
    ['x̂', s.xHat],
    ['y', e.y],
  ];
  const statistics = sets.map((set) => `* ${set}${s.constants ? ' (running statistics: constants)' : ''}`);
  return [`${e.reading}, m = ${s.m}`, '', ...table(e, '', rows), '', ...statistics, ...picture];
}

export function incoming(e: Explanation): string[] {
  const s = e.standardization;
  const rows: [string, readonly number[]][] = [['dy = dL/dy', e.upstream]];
  if (s && nameOfG(s, e.upstream) === 'g') rows.push(['g = γ·dy', s.g]);
  const learned = e.learned.map(({ name, gradient }) => `* d${greek(name)} = ${list(gradient)}`);
  return [...table(e, '', rows), ...(learned.length > 0 ? ['', ...learned] : [])];
}

export function paths(e: Explanation): string[] {
  const s = e.standardization;
  if (!s) return table(e, '', [['dx = dL/dx', e.dx]]);
  const deviation = s.centred ? 'σ' : 'r';
  const g = nameOfG(s, e.upstream);
  const stages = stagesOf(s, g);
  const inner = s.ddof === 1 ? `Σ(${g}·x̂)/(m − 1)` : `mean(${g}·x̂)`;
  const rows: [string, readonly number[], string][] = [[`direct: ${g}/${deviation}`, s.direct, '100 %']];
  if (s.viaMean) rows.push([`via μ: −mean(${g})/σ`, s.viaMean, `removes ${percent(s.energy.mean)}`]);
  if (s.viaVariance) {
    rows.push([`via v: −x̂·${inner}/${deviation}`, s.viaVariance, `removes ${percent(s.energy.variance)}`]);
  }
  rows.push(['**dx**', e.dx, `keeps ${percent(s.energy.kept)}`]);
  const absent = s.constants
    ? ['', 'In evaluation the statistics are constants: only the direct path is there.']
    : e.detach === 'none'
      ? []
      : ['', `Detached: ${e.detach === 'both' ? 'mean and variance' : e.detach}.`];
  const gone = Number(s.viaMean !== null) + Number(s.viaVariance !== null);
  const energy =
    gone > 0
      ? ['', 'Energy of a vector: the sum of the squares of its elements; the direct path has 100 %.']
      : [];
  const expected =
    gone > 0 && s.m > 1
      ? [
          '',
          `Of the ${s.m} directions in a set ${gone} are gone: a random g keeps ${percent(s.energy.expected)}.`,
        ]
      : [];
  return [
    ...stageList([stages.mean, stages.variance], s.sets.length),
    ...table(e, 'path', rows, 'energy'),
    ...energy,
    ...absent,
    ...expected,
  ];
}

/** The derivatives by the statistics, which the paths go through. */
function stageList(stages: readonly (Stage | null)[], sets: number): string[] {
  const items = stages.flatMap((stage) => {
    if (!stage) return [];
    const values = stage.values.slice(0, 4).map(number).join(', ') + (sets > 4 ? ', …' : '');
    return `* ${stage.formula} = ${values}${sets > 1 ? ' (by set)' : ''}; the path has this times ${stage.times}`;
  });
  return items.length > 0 ? [...items, ''] : [];
}
