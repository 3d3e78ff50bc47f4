import type { Explanation } from './explanation.ts';
import { greek, number, percent, small } from './numbers.ts';
import { drawPicture } from './picture.ts';
import { nameOfG, type Stage, stagesOf } from './stages.ts';

export interface MarkdownOptions {
  /** 1 to 6: that section alone. */
  step?: number;
  /** Level of the headings; default: 2. */
  level?: number;
  /**
   * For files under version control: bounds instead of rounding errors, which differ from machine to machine, and code without
   * line numbers.
   */
  steady?: boolean;
  /** A line under the table of the paths: the link to their picture. */
  picture?: string;
}

/** An explanation as Markdown: the same six sections as in the terminal. */
export function renderMarkdown(
  e: Explanation,
  { step, level = 2, steady = false, picture }: MarkdownOptions = {},
): string {
  const heading = '#'.repeat(level);
  const sections: [string, string[]][] = [
    ['Forward', forward(e)],
    ['Incoming gradient', incoming(e)],
    [
      e.standardization ? 'The paths from L back to x' : 'Backward',
      [...paths(e), ...(picture ? ['', picture] : [])],
    ],
    ['Check', check(e, steady)],
    e.standardization ? ['If you forget', forgetting(e)] : ['Coupling', coupling(e)],
    ['In code', code(e, steady)],
  ];
  const numbered = sections.map(([title, lines], i) =>
    [`${heading} ${i + 1} ${title}`, '', ...lines].join('\n'),
  );
  if (step !== undefined) return numbered[step - 1];
  const title = `${'#'.repeat(level - 1)} ${e.title}`;
  const head = level > 1 && !steady ? [title, '', ...formula(e), ''] : [];
  const tail = steady
    ? []
    : ['', `Try: ${e.tries.map((command) => `\`${command}\``).join(', ')}`, '', `Paper: ${e.paper}`];
  return [...head, numbered.join('\n\n'), ...notes(e), ...tail].join('\n');
}

function formula(e: Explanation): string[] {
  return [...fence(e.formula), '', `One set: ${e.sets}. Learned: ${greek(e.parameters)}.`];
}

function notes(e: Explanation): string[] {
  return e.notes.length > 0 ? ['', ...e.notes.map((note) => `> Note: ${note}`)] : [];
}

/** Elements in the order of the sets, at most this many. */
const mostColumns = 8;

function order(e: Explanation): number[] {
  return (e.standardization?.sets.flatMap(({ members }) => members) ?? e.x.map((_, i) => i)).slice(
    0,
    mostColumns,
  );
}

function table(
  e: Explanation,
  head: string,
  rows: [string, readonly number[], string?][],
  last = '',
): string[] {
  const elements = order(e);
  const setOf = e.standardization?.sets.flatMap(({ members }, set) => members.map(() => set + 1));
  const several = (e.standardization?.sets.length ?? 1) > 1;
  const names = elements.map((_, i) => (several ? `set ${setOf![i]}` : ' '));
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const extra = rows.some(([, , remark]) => remark !== undefined);
  return [
    line([head, ...names, ...(extra ? [last] : [])]),
    line(['---', ...elements.map(() => '---:'), ...(extra ? ['---:'] : [])]),
    ...rows.map(([name, values, remark]) =>
      line([name, ...elements.map((i) => number(values[i])), ...(extra ? [remark ?? ''] : [])]),
    ),
    ...(e.x.length > elements.length ? ['', `… and ${e.x.length - elements.length} more elements.`] : []),
  ];
}

function forward(e: Explanation): string[] {
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

function incoming(e: Explanation): string[] {
  const s = e.standardization;
  const rows: [string, readonly number[]][] = [['dy = dL/dy', e.upstream]];
  if (s && nameOfG(s, e.upstream) === 'g') rows.push(['g = γ·dy', s.g]);
  const learned = e.learned.map(({ name, gradient }) => `* d${greek(name)} = ${list(gradient)}`);
  return [...table(e, '', rows), ...(learned.length > 0 ? ['', ...learned] : [])];
}

function paths(e: Explanation): string[] {
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

function check(e: Explanation, steady: boolean): string[] {
  const bound = (value: number) => (steady ? (value < 1e-7 ? '< 1e-7' : small(value)) : small(value));
  const lines = [
    ...table(e, '', [
      ['dx', e.dx],
      ['finite difference', e.numericDx.map((value, i) => settled(value, e.dx[i], steady))],
    ]),
    '',
    `Largest difference: ${bound(e.check.maxDiff)} ${e.check.passed ? '✓' : '✗'}`,
    '',
  ];
  return [
    ...lines,
    ...e.invariants.map(({ law, holds, value, residual, says }) =>
      holds
        ? `* ${law} ✓${steady ? '' : ` (${small(residual)})`}: ${says}`
        : `* ${law.replace(/ = .*/, '')} = ${number(value ?? residual)}, not 0: ${says}`,
    ),
  ];
}

/** Where rounding decides the last digit, the backward's number stands for both: the difference is said below. */
function settled(value: number, exact: number, steady: boolean): number {
  return steady && Math.abs(value - exact) < 1e-7 ? exact : value;
}

function forgetting(e: Explanation): string[] {
  if (e.forgetting.length === 0) return ['There is nothing to forget: one path.'];
  const largest = Math.max(...e.dx.map(Math.abs));
  return [
    `The largest error of dx, whose largest element is ${small(largest)}:`,
    '',
    ...e.forgetting.map(({ what, error }) =>
      `* without ${what}: ${small(error)}`.replace('without γ', 'with γ'),
    ),
  ];
}

function coupling(e: Explanation): string[] {
  const reach = e.reach.length > 0 ? `, and on ${e.reach.join('; ')}` : ', and on nothing else';
  return [`y_i depends on x_i${reach}.`];
}

function code(e: Explanation, steady: boolean): string[] {
  if (e.code.every(({ lines }) => lines.length === 0)) return ['The source is not at hand here.'];
  return e.code.flatMap(({ file, lines }) => [
    `\`${file}\``,
    '',
    '```ts',
    ...lines.map(({ number: at, text }) => (steady ? text : `${String(at).padStart(3)}  ${text}`)),
    '```',
  ]);
}

export function fence(lines: readonly string[]): string[] {
  return lines.length > 0 ? ['```', ...lines, '```'] : [];
}

function list(values: readonly number[]): string {
  if (values.length > 1 && values.every((value) => value === values[0])) return number(values[0]);
  return values.slice(0, mostColumns).map(number).join(', ') + (values.length > mostColumns ? ', …' : '');
}
