import { displayWidth, truncate, wrapWords } from '../report/text.ts';
import type { Explanation } from './explanation.ts';
import { number, percent, small } from './numbers.ts';
import { drawPicture } from './picture.ts';
import { type Columns, columnsFor, row, rule } from './rows.ts';

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
    e.standardization ? paths(e, columns) : gradient(e, columns, width),
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
  const [first = '', ...rest] = e.formula;
  const lines = [`${e.title}   ${first}`.trimEnd(), ...rest.map((line) => `   ${line}`)];
  const m = e.standardization ? ` (m = ${e.standardization.m})` : '';
  const modes = [
    e.mode === 'eval' ? 'evaluation' : '',
    e.detach !== 'none' ? `detached: ${e.detach === 'both' ? 'mean and variance' : e.detach}` : '',
  ].filter(Boolean);
  const about = [`one set = ${e.sets}${m}`, `learned: ${e.parameters}`, ...modes].join(' · ');
  return [...lines, ...wrapWords(about, width), ''];
}

function forward(e: Explanation, columns: Columns, width: number): string[] {
  const { standardization: s } = e;
  const lines = section('1 FORWARD', e.reading, width);
  lines.push(row('x', columns, e.x));
  if (s) {
    s.sets.slice(0, columns.sets).forEach(({ mean, variance, sigma }, i) => {
      const which = s.sets.length > 1 ? `set ${i + 1}: ` : '';
      const names = s.centred ? [`μ ${number(mean)}`, `var ${number(variance)}`] : [`mean x² ${number(variance)}`];
      const constant = s.constants ? '   (running: constants)' : '';
      lines.push(
        `   ${which}${[...names, `${s.centred ? 'σ' : 'r'} ${number(sigma)}`].join('   ')}${constant}`,
      );
    });
    const same = s.xHat.every((value, i) => Math.abs(value - e.y[i]) < 1e-12);
    lines.push(row(same ? 'x̂ = y  (γ = 1, β = 0)' : 'x̂', columns, s.xHat));
    if (!same) lines.push(row('y = γ·x̂ + β', columns, e.y));
    if (columns.hidden > 0) {
      lines.push(`   … and ${columns.hidden} more elements (all of them: --format json)`);
    }
  } else {
    for (const { name, value } of e.learned) lines.push(learnedLine(name, value, width));
    lines.push(row('y', columns, e.y));
    if (columns.hidden > 0)
      lines.push(`   … and ${columns.hidden} more elements (all of them: --format json)`);
  }
  if (e.picture) lines.push(...drawPicture(e.picture, width));
  return lines;
}

function learnedLine(name: string, values: readonly number[], width: number): string {
  const [first] = values;
  const equal = values.length > 1 && values.every((value) => value === first);
  const shown = equal ? number(first) : values.slice(0, 8).map(number).join(', ');
  return truncate(`   ${name} = ${shown}${values.length > 8 && !equal ? ', …' : ''}`, width);
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
    return `${symbol ?? `d${name}`}${formula} = ${gradient.slice(0, 6).map(number).join(', ')}${rest}`;
  });
  const joined = texts.join('      ');
  if (texts.length > 0 && displayWidth(joined) + 3 <= width) lines.push(`   ${joined}`);
  else lines.push(...texts.map((text) => `   ${text}`));
  return lines;
}

function paths(e: Explanation, columns: Columns): string[] {
  const s = e.standardization!;
  const { energy } = s;
  const deviation = s.centred ? 'σ' : 'r';
  const sameG = s.g.every((value, i) => value === e.upstream[i]);
  const g = sameG ? 'dy' : 'ĝ';
  const why = (constant: boolean) => (constant ? 'a constant in evaluation: no path' : 'detached');
  const divisor = s.ddof === 1 ? `Σ(${g}·x̂)/(m−1)` : `mean(${g}·x̂)`;
  const title = s.centred ? '3 THREE PATHS from L back to x' : '3 TWO PATHS from L back to x (no mean is subtracted)';
  const lines = [rule(title, columns, 'energy')];
  lines.push(row(`   direct     ${g}/${deviation}`, columns, s.direct, '100 %'));
  if (s.centred) {
    const label = `   via mean  −mean(${g})/${deviation}`;
    lines.push(
      s.viaMean
        ? row(label, columns, s.viaMean, `removes ${percent(energy.mean).padStart(6)}`)
        : `${label}   ${why(s.constants)}`,
    );
  }
  const label = `   via ${s.centred ? 'var ' : 'r   '}  −x̂·${divisor}/${deviation}`;
  lines.push(
    s.viaVariance
      ? row(label, columns, s.viaVariance, `removes ${percent(energy.variance).padStart(6)}`)
      : `${label}   ${why(s.constants)}`,
  );
  lines.push(columns.line);
  lines.push(row('   dx', columns, e.dx, `keeps   ${percent(energy.kept).padStart(6)}`));
  const gone = Number(s.viaMean !== null) + Number(s.viaVariance !== null);
  if (gone > 0) {
    const directions = gone === 2 ? '1 and x̂ are gone' : s.viaMean ? '1 is gone' : 'x̂ is gone';
    lines.push(
      `   of ${s.m} directions in a set, ${directions}: a random g keeps (m−${gone})/m = ${percent(energy.expected)}`,
    );
  }
  return lines;
}

function gradient(e: Explanation, columns: Columns, width: number): string[] {
  const lines = [row('3 BACKWARD   dx = dL/dx', columns, e.dx)];
  const reach = e.reach.length > 0 ? e.reach.join('; ') : 'nothing else: the Jacobian is diagonal';
  lines.push(...indent(`besides x_i, y_i depends on: ${reach}`, width));
  return lines;
}

function check(e: Explanation, columns: Columns, width: number): string[] {
  const mark = (holds: boolean) => (holds ? '✓' : '✗');
  const lines = [
    row(
      '4 CHECK      finite difference',
      columns,
      e.numericDx,
      `${mark(e.check.passed)} ±${small(e.check.maxDiff)}`,
    ),
  ];
  if (!e.check.passed) {
    lines.push(
      `   ✗ the backward pass without that path is off by up to ${small(e.check.maxDiff)}: L does change along it`,
    );
  }
  for (const { law, holds, residual, value, says } of e.invariants) {
    const constant = e.standardization?.constants === true;
    const shown = holds
      ? `${law} ✓ (${small(residual)})`
      : `${law.replace(/ = .*/, '')} = ${number(value ?? residual)} ${constant || !e.standardization ? '≠ 0' : '✗, must be 0'}`;
    lines.push(...indent(`${shown}  ${says}`, width));
  }
  return lines;
}

function forget(e: Explanation, width: number): string[] {
  const largest = Math.max(...e.numericDx.map(Math.abs));
  if (e.forgetting.length === 0) return indent('5 IF YOU FORGET  there is nothing to forget: one path', width, 0);
  const list = e.forgetting.map(({ what, error }) => `${what} → ${small(error)}`).join(' · ');
  return indent(`5 IF YOU FORGET  the largest error of dx (whose largest is ${small(largest)}): ${list}`, width, 0);
}

function coupling(e: Explanation, width: number): string[] {
  const words = e.invariants
    .filter(({ holds }) => holds)
    .map(({ law }) => (law.startsWith('Σdx·x') ? 'x itself' : 'a common shift') + law.replace(/.*over/, ' over'));
  const text =
    words.length > 0
      ? `5 REMOVES    from g: ${words.join('; ')}`
      : '5 REMOVES    nothing from g: every direction of it reaches x';
  return indent(text, width, 0);
}

/** At most this many lines of code, to keep it on one screen. */
const mostCode = 9;

function code(e: Explanation, width: number): string[] {
  if (e.code.every(({ lines }) => lines.length === 0)) return ['6 IN CODE    the source is not at hand here'];
  return e.code.flatMap(({ file, lines }) => {
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
  const notes = e.notes.flatMap((note) => indent(`Note  ${note}`, width, 0, 6));
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

/** Wrapped, with the continuation lines indented. */
function indent(text: string, width: number, first = 3, next = 13): string[] {
  const [head, ...rest] = wrapWords(text, width - first);
  const gap = text.match(/^[1-6] [A-Z ]+ {2,}/)?.[0];
  const opened = gap ? head.replace(/^([1-6] [A-Z]+(?: [A-Z]+)*) /, gap) : head;
  if (rest.length === 0) return [' '.repeat(first) + opened];
  return [
    ' '.repeat(first) + opened,
    ...wrapWords(rest.join(' '), width - next).map((line) => ' '.repeat(next) + line),
  ];
}
