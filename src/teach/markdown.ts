import type { Explanation } from './explanation.ts';
import { forward, incoming, paths } from './markdownPaths.ts';
import { fence, table } from './markdownTable.ts';
import { greek, number, small } from './numbers.ts';

export interface MarkdownOptions {
  /** 1 to 6: that section alone. */
  step?: number;
  /** Level of the headings; default: 2. */
  level?: number;
  /**
   * For files under version control: bounds instead of rounding errors, which differ from machine to machine.
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
    ['In code', code(e)],
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

/** The backward as it ran. */
function code({ derivation }: Explanation): string[] {
  const { file, backward } = derivation;
  return [...(file ? [`\`${file}\``, ''] : []), ...fence(backward)];
}
