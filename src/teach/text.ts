import { displayWidth, truncate, wrapWords } from '../charts/text.ts';
import type { Explanation } from './explanation.ts';
import { greek, number, small } from './numbers.ts';
import { type Columns, columnsFor, labelled, row } from './rows.ts';
import { forward, incoming } from './textForward.ts';
import { paths } from './textPaths.ts';

export interface TextOptions {
  /** Columns that no line exceeds. */
  width?: number;
  /** 1 to 6: that section alone. */
  step?: number;
  paint?: Paint;
}

/** Colours, or none. */
export interface Paint {
  bold: (text: string) => string;
  dim: (text: string) => string;
  green: (text: string) => string;
  red: (text: string) => string;
}

const plain: Paint = { bold: String, dim: String, green: String, red: String };

/** An explanation for a terminal: six numbered sections, the forward pass first. */
export function renderText(e: Explanation, { width = 100, step, paint = plain }: TextOptions = {}): string {
  const columns = columnsFor(e, width);
  const sections = [
    forward(e, columns, width),
    incoming(e, columns, width),
    e.standardization ? paths(e, columns, width) : gradient(e, columns),
    check(e, columns, width),
    e.standardization ? forget(e, width) : coupling(e, width),
    code(e, width),
  ];
  const body = (step === undefined ? sections : [sections[step - 1]]).flat();
  const lines = step === undefined ? [...head(e, width), ...body, ...foot(e, width)] : body;
  return lines.map((line) => decorate(truncate(line, width), paint)).join('\n');
}

/** Bold section heads, green and red marks. */
function decorate(line: string, paint: Paint): string {
  return line
    .replace(/^[1-6] [A-Z ]+/, (title) => paint.bold(title))
    .replace(/✓/g, paint.green('✓'))
    .replace(/✗/g, paint.red('✗'))
    .replace(/^(Try|Paper|Note)\b/, (word) => paint.bold(word));
}

function head(e: Explanation, width: number): string[] {
  const first = `${e.title}   ${e.formula[0] ?? ''}`.trimEnd();
  const fits = e.formula.length === 1 && displayWidth(first) <= width;
  const lines = fits
    ? [first]
    : [e.title, ...e.formula.flatMap((line) => wrapWords(line, width - 3).map((part) => `   ${part}`))];
  const m = e.standardization ? ` (m = ${e.standardization.m})` : '';
  const about = [
    e.sets.startsWith('none: ') ? e.sets.replace('none: ', 'no sets: ') : `one set = ${e.sets}${m}`,
    `learned: ${greek(e.parameters)}`,
    e.mode === 'eval' ? 'evaluation' : '',
    e.detach === 'none' ? '' : `detached: ${e.detach === 'both' ? 'mean and variance' : e.detach}`,
  ];
  return [...lines, ...wrapWords(about.filter(Boolean).join(' · '), width), ''];
}

function gradient(e: Explanation, columns: Columns): string[] {
  return [row('3 BACKWARD   dx = dL/dx', columns, e.dx)];
}

function check(e: Explanation, columns: Columns, width: number): string[] {
  const mark = (holds: boolean) => (holds ? '✓' : '✗');
  const lines = [
    row(
      '4 CHECK    finite difference',
      columns,
      e.numericDx,
      `${mark(e.check.passed)} ±${small(e.check.maxDiff)}`,
    ),
  ];
  if (!e.check.passed) {
    const why =
      e.detach === 'none'
        ? 'a kink, or a bend sharper than the step of the differences (a constant set): no derivative to compare with'
        : `without that path the backward pass is off by up to ${small(e.check.maxDiff)}: L does change along the path`;
    lines.push(...labelled('   ✗ ', why, width));
  }
  for (const { law, holds, residual, value, says } of e.invariants) {
    const constant = e.standardization?.constants === true;
    const shown = holds
      ? `${law} ✓ (${(e.standardization?.sets.length ?? 1) > 1 ? '≤ ' : ''}${small(residual)})`
      : `${law.replace(/ = .*/, '')} = ${number(value ?? residual)} ${constant || !e.standardization ? '≠ 0' : '✗, must be 0'}`;
    lines.push(...labelled('   ', `${shown}: ${says}`, width, 6));
  }
  return lines;
}

function forget(e: Explanation, width: number): string[] {
  const largest = Math.max(...e.numericDx.map(Math.abs));
  if (e.forgetting.length === 0) return ['5 IF YOU FORGET  there is nothing to forget: one path'];
  const list = e.forgetting
    .map(({ what, error }) => `${what.replace('the path through', 'via')} → off by ${small(error)}`)
    .join(' · ');
  return labelled('5 IF YOU FORGET  ', `${list} (largest dx: ${small(largest)})`, width);
}

function coupling(e: Explanation, width: number): string[] {
  const reach = e.reach.length > 0 ? `and on ${e.reach.join('; ')}` : 'and on nothing else';
  const gone = e.invariants
    .filter(({ holds }) => holds)
    .map(({ law }) => (law.startsWith('Σdx·x') ? 'x' : '1') + law.replace(/.*over/, ' over'));
  const removed = gone.length > 0 ? `never reach x: ${gone.join(', ')}` : 'never reach x: none';
  return labelled('5 COUPLING   ', `y_i depends on x_i ${reach}. Directions of g that ${removed}`, width);
}

/** At most this many lines of formulas, so that an explanation fits one screen. */
const mostFormulas = 9;

/** The backward as it ran. */
function code({ norm, derivation, picture }: Explanation, width: number): string[] {
  const { file, backward } = derivation;
  const head = `6 IN CODE    ${file ?? 'as it ran'}`;
  if (picture) return [head];
  const more = backward.length - mostFormulas;
  return [
    head,
    ...backward.slice(0, mostFormulas).map((line) => truncate(`   ${line}`, width)),
    ...(more > 0 ? [`   … and ${more} more lines: docs/norms/${norm}.md`] : []),
  ];
}

function foot(e: Explanation, width: number): string[] {
  const notes = e.notes.flatMap((note) => labelled('Note  ', note, width));
  const joined = `Try   ${e.tries.join('      ')}`;
  const tries =
    displayWidth(joined) <= width
      ? [joined]
      : e.tries.map((command, i) => `${i === 0 ? 'Try ' : '    '}  ${command}`);
  return [...notes, ...tries, `Paper ${e.paper}`];
}
