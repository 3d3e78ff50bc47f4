import { displayWidth, truncate, wrapWords } from '../charts/text.ts';
import type { Explanation } from './explanation.ts';
import { number, percent, small } from './numbers.ts';
import { drawPicture } from './picture.ts';
import { type Columns, columnsFor, pad, row, rule } from './rows.ts';

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
    e.standardization ? paths(e, columns) : gradient(e, columns),
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

/** gamma and beta as in the formulas. */
export function greek(text: string): string {
  return text.replace(/\bgamma\b/g, 'γ').replace(/\bbeta\b/g, 'β');
}

function forward(e: Explanation, columns: Columns, width: number): string[] {
  const { standardization: s } = e;
  const lines = section('1 FORWARD', e.reading, width);
  lines.push(row(e.kind === 'weight' ? 'x, the weight' : 'x', columns, e.x));
  if (s) {
    s.sets.slice(0, columns.sets).forEach(({ mean, variance, sigma }, i) => {
      const which = s.sets.length > 1 ? `set ${i + 1}: ` : '';
      const names = s.centred
        ? [`μ ${number(mean)}`, `var ${number(variance)}`]
        : [`mean x² ${number(variance)}`];
      const constant = s.constants ? '   (running: constants)' : '';
      lines.push(
        `   ${which}${[...names, `${s.centred ? 'σ' : 'r'} ${number(sigma)}`].join('   ')}${constant}`,
      );
    });
    const same = s.xHat.every((value, i) => Math.abs(value - e.y[i]) < 1e-12);
    const initial = e.learned.map(({ name }) => `${greek(name)} = ${name === 'beta' ? 0 : 1}`).join(', ');
    lines.push(row(same ? `x̂ = y${initial && `  (${initial})`}` : 'x̂', columns, s.xHat));
    if (!same) lines.push(row(e.formula[0].split('   ')[0], columns, e.y));
    if (columns.hidden > 0) {
      lines.push(`   … and ${columns.hidden} more elements (all of them: --format json)`);
    }
  } else {
    lines.push(
      ...packed(
        e.learned.map(({ name, value }) => learnedText(name, value)),
        width,
      ),
    );
    lines.push(row('y', columns, e.y));
    if (columns.hidden > 0)
      lines.push(`   … and ${columns.hidden} more elements (all of them: --format json)`);
  }
  if (e.picture) lines.push(...drawPicture(e.picture, width));
  return lines;
}

function learnedText(name: string, values: readonly number[]): string {
  const equal = values.length > 1 && values.every((value) => value === values[0]);
  const shown = equal ? number(values[0]) : values.slice(0, 6).map(number).join(', ');
  return `${greek(name)} = ${shown}${values.length > 6 && !equal ? ', …' : ''}`;
}

/** As many texts on a line as it has room for. */
function packed(texts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.length - 1;
    const longer = `${lines[last]}      ${text}`;
    if (last >= 0 && displayWidth(longer) <= width) lines[last] = longer;
    else lines.push(`   ${text}`);
  }
  return lines;
}

function incoming(e: Explanation, columns: Columns, width: number): string[] {
  const lines = [row('2 INCOMING   dy = dL/dy', columns, e.upstream)];
  const s = e.standardization;
  if (s?.g.some((value, i) => value !== e.upstream[i])) lines.push(row('   ĝ = γ·dy', columns, s.g));
  const learned = e.learned.filter(({ gradient }) => gradient.length > 0);
  const means: Record<string, string> = { gamma: ' = Σ dy·x̂', beta: ' = Σ dy' };
  const texts = learned.map(({ name, gradient }) => {
    const symbol = s ? { gamma: 'dγ', beta: 'dβ' }[name] : undefined;
    const rest = gradient.length > 6 ? ', …' : '';
    const formula = symbol ? means[name] : '';
    return `${symbol ?? `d${greek(name)}`}${formula} = ${gradient.slice(0, 6).map(number).join(', ')}${rest}`;
  });
  lines.push(...packed(texts, width));
  return lines;
}

function paths(e: Explanation, columns: Columns): string[] {
  const s = e.standardization!;
  const { energy } = s;
  const deviation = s.centred ? 'σ' : 'r';
  const sameG = s.g.every((value, i) => value === e.upstream[i]);
  const g = sameG ? 'dy' : 'ĝ';
  const why = (constant: boolean) => (constant ? 'a constant in evaluation: no path' : 'detached');
  const divisor = s.ddof === 1 ? `Σ${g}·x̂/(m−1)` : `mean(${g}·x̂)`;
  const title = s.constants
    ? '3 ONE PATH   x moves y directly; μ and σ do not move'
    : s.centred
      ? '3 THREE PATHS  x moves y directly, through μ and through σ'
      : '3 TWO PATHS  x moves y directly and through r';
  const lines = [rule(title, columns, columns.hidden > 0 ? 'energy (all)' : 'energy')];
  lines.push(row(`   direct     ${g}/${deviation}`, columns, s.direct, '        100.0 %'));
  if (s.centred) {
    const label = `   via mean  −mean(${g})/${deviation}`;
    lines.push(
      s.viaMean
        ? row(label, columns, s.viaMean, `removes ${percent(energy.mean).padStart(7)}`)
        : `${pad(label)}  ${why(s.constants)}`,
    );
  }
  const label = `   via ${s.centred ? 'var ' : 'r   '}  −x̂·${divisor}/${deviation}`;
  lines.push(
    s.viaVariance
      ? row(label, columns, s.viaVariance, `removes ${percent(energy.variance).padStart(7)}`)
      : `${pad(label)}  ${why(s.constants)}`,
  );
  lines.push(columns.line);
  lines.push(row('   dx', columns, e.dx, `keeps   ${percent(energy.kept).padStart(7)}`));
  if (s.m === 1) return lines;
  const gone = Number(s.viaMean !== null) + Number(s.viaVariance !== null);
  if (gone > 0) {
    const directions = gone === 2 ? '1 and x̂ are gone' : s.viaMean ? '1 is gone' : 'x̂ is gone';
    lines.push(
      `   of ${s.m} directions in a set, ${directions}: a random g keeps (m−${gone})/m = ${percent(energy.expected)}`,
    );
  }
  return lines;
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
        : `without that path the backward pass is off by up to ${small(e.check.maxDiff)}: L does change along it`;
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
  const list = e.forgetting.map(({ what, error }) => `${what} → off by ${small(error)}`).join(' · ');
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

/** At most this many lines of code, to keep it on one screen. */
const mostCode = 9;

function code(e: Explanation, width: number): string[] {
  if (e.code.every(({ lines }) => lines.length === 0)) return ['6 IN CODE    the source is not at hand here'];
  return e.code.flatMap(({ file, lines }) => {
    if (e.picture && lines.length > 0) {
      return [`6 IN CODE    ${file}:${lines[0].number}-${lines[lines.length - 1].number}`];
    }
    const shown = lines.slice(0, mostCode);
    const more = lines.length - shown.length;
    return [
      `6 IN CODE    ${file}`,
      ...shown.map(({ number: at, text }) => truncate(`   ${String(at).padStart(3)}  ${text}`, width)),
      ...(more > 0 ? [`        … and ${more} more lines`] : []),
    ];
  });
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

function section(title: string, about: string, width: number): string[] {
  return [truncate(`${title.padEnd(13)}${about}`, width)];
}

/** A label, and text wrapped beside it. */
function labelled(label: string, text: string, width: number, next = displayWidth(label)): string[] {
  const words = wrapWords(text, width - displayWidth(label));
  const rest = words.slice(1).join(' ');
  return [label + (words[0] ?? ''), ...wrapWords(rest, width - next).map((line) => ' '.repeat(next) + line)];
}
