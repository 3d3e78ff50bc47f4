import type { Columns } from './columns.ts';
import type { Explanation, Standardization } from './explanation.ts';
import { greek, number, percent, small } from './numbers.ts';
import { drawPicture } from './picture.ts';
import { nameOfG, termsOf } from './terms.ts';

/** One of the six sections of an explanation, before it becomes text or Markdown. */
export interface Section {
  title: string;
  about?: string;
  /** What the remarks of the rows are. */
  remarks?: string;
  items: Item[];
}

export type Item =
  | Row
  /** Short texts, of which several may stand on one line. */
  | { kind: 'facts'; texts: string[] }
  | { kind: 'says'; text: string }
  /** Set in a fixed pitch. */
  | { kind: 'lines'; lines: string[] };

/** A quantity, element by element. */
export interface Row {
  kind: 'row';
  label: string;
  /** null: it is not there, and the remark says why. */
  values: readonly number[] | null;
  remark?: string;
  isSum?: boolean;
}

/** What a rendering has room for. */
export interface Room {
  columns: Columns;
  width: number;
  /** Lines of formulas; 0: none at all. */
  formulas: number;
  /** Bounds instead of rounding errors, which differ from machine to machine. */
  steady: boolean;
}

const row = (label: string, values: Row['values'], remark?: string): Row => ({
  kind: 'row',
  label,
  values,
  remark,
});
const facts = (texts: string[]): Item => ({ kind: 'facts', texts });
const says = (text: string): Item => ({ kind: 'says', text });

export function sectionsOf(e: Explanation, room: Room): Section[] {
  const s = e.standardization;
  return [
    forward(e, room),
    incoming(e),
    s ? paths(e, s, room.columns) : { title: 'Backward', items: [row('dx = dL/dx', e.dx)] },
    check(e, room),
    s ? forgetting(e) : coupling(e),
    code(e, room),
  ];
}

/** What stands under the title of an explanation. */
export function aboutNorm(e: Explanation): string {
  const m = e.standardization ? ` (m = ${e.standardization.m})` : '';
  const about = [
    e.sets.startsWith('none: ') ? e.sets.replace('none: ', 'no sets: ') : e.sets && `one set = ${e.sets}${m}`,
    `learned: ${greek(e.parameters)}`,
    e.mode === 'eval' ? 'evaluation' : '',
    e.detach === 'none' ? '' : `detached: ${e.detach === 'both' ? 'mean and variance' : e.detach}`,
  ];
  return about.filter(Boolean).join(' · ');
}

function forward(e: Explanation, { columns: { sets, hidden }, width }: Room): Section {
  const s = e.standardization;
  const items: Item[] = [row(e.kind === 'weight' ? 'x, the weight' : 'x', e.x)];
  if (s) {
    const same = s.xHat.every((value, i) => Math.abs(value - e.y[i]) < 1e-12);
    const initial = e.learned.map(({ name }) => `${greek(name)} = ${name === 'beta' ? 0 : 1}`).join(', ');
    items.push(facts(s.sets.slice(0, sets).map((_, i) => statistics(s, i))));
    items.push(row(same ? `x̂ = y${initial && `  (${initial})`}` : 'x̂', s.xHat));
    if (!same) items.push(row(e.formula[0].split('   ')[0], e.y));
  } else {
    items.push(facts(e.learned.map(({ name, value }) => `${greek(name)} = ${list(value)}`)));
    items.push(row('y', e.y));
  }
  if (hidden > 0) items.push(facts([`… and ${hidden} more elements (all of them: --format json)`]));
  if (e.picture) items.push({ kind: 'lines', lines: drawPicture(e.picture, width, e.kind === 'weight') });
  return { title: 'Forward', about: e.reading + (s ? `, m = ${s.m}` : ''), items };
}

function statistics({ sets, centred, constants }: Standardization, i: number): string {
  const { mean, variance, sigma } = sets[i];
  const which = sets.length > 1 ? `set ${i + 1}: ` : '';
  const values = centred
    ? `μ ${number(mean)}   v ${number(variance)}   σ ${number(sigma)}`
    : `v = mean x² ${number(variance)}   r ${number(sigma)}`;
  return `${which}${values}${constants ? '   (running: constants)' : ''}`;
}

function incoming(e: Explanation): Section {
  const s = e.standardization;
  const items: Item[] = [row('dy = dL/dy', e.upstream)];
  if (s && nameOfG(s, e.upstream) === 'g') items.push(row('g = γ·dy', s.g));
  const sums: Record<string, string> = s ? { gamma: ' = Σ dy·x̂', beta: ' = Σ dy' } : {};
  const learned = e.learned.map(
    ({ name, gradient }) => `d${greek(name)}${sums[name] ?? ''} = ${list(gradient)}`,
  );
  return { title: 'Incoming', items: [...items, facts(learned)] };
}

/** The paths from L back to x, each behind the derivative of L by its statistic. */
function paths(e: Explanation, s: Standardization, { sets, hidden }: Columns): Section {
  const terms = termsOf(s, e.upstream);
  const items = terms.flatMap(({ name, formula, values, removes, stage }): Item[] => {
    const label = `${name}     ${formula}`;
    if (!stage) return [row(label, values, `        ${percent(1)}`)];
    if (!values) return [row(label, null, s.constants ? 'a constant in evaluation: no path' : 'detached')];
    const bySet = stage.bySet.slice(0, sets).map((value) => number(value!));
    const shown = bySet.join(' │ ') + (stage.bySet.length > sets ? ' │ …' : '');
    return [
      says(`${stage.formula} = ${shown}, times ${stage.times}:`),
      row(label, values, `removes ${percent(removes).padStart(7)}`),
    ];
  });
  const kept = `keeps   ${percent(s.energy.kept).padStart(7)}`;
  items.push({ ...row('dx', e.dx, kept), isSum: true });
  const gone = Number(s.viaMean !== null) + Number(s.viaVariance !== null);
  if (gone > 0) items.push(says('energy of a vector = the sum of its squares; the direct path has 100 %'));
  if (s.m > 1 && gone > 0) {
    const directions = gone === 2 ? '1 and x̂ are gone' : s.viaMean ? '1 is gone' : 'x̂ is gone';
    const expected = `a random g keeps (m−${gone})/m = ${percent(s.energy.expected)}`;
    items.push(says(`of ${s.m} directions in a set, ${directions}: ${expected}`));
  }
  const [title, about] = s.constants
    ? ['One path', 'x moves y directly; μ and v do not move']
    : s.centred
      ? ['Three paths', 'x moves y directly, through μ and through v']
      : ['Two paths', 'x moves y directly and through v = mean x²'];
  return { title, about, remarks: hidden > 0 ? 'energy (all)' : 'energy', items };
}

function check(e: Explanation, { steady }: Room): Section {
  const { maxDiff, passed } = e.check;
  const isRounding = (difference: number) => steady && difference < 1e-7;
  const bound = isRounding(maxDiff) ? '< 1e-7' : `±${small(maxDiff)}`;
  // Where rounding decides the last digit, the backward's number stands for both
  const numeric = e.numericDx.map((value, i) => (isRounding(Math.abs(value - e.dx[i])) ? e.dx[i] : value));
  const items: Item[] = [
    row('dx = dL/dx', e.dx),
    row('finite difference', numeric, `${passed ? '✓' : '✗'} ${bound}`),
  ];
  if (!passed) {
    const why =
      e.detach === 'none'
        ? 'a kink, or a bend sharper than the step of the differences (a constant set): no derivative to compare with'
        : `without that path the backward pass is off by up to ${small(maxDiff)}: L does change along the path`;
    items.push(says(`✗ ${why}`));
  }
  const several = (e.standardization?.sets.length ?? 1) > 1;
  const mustHold = e.standardization !== null && !e.standardization.constants;
  for (const { law, holds, residual, value, says: meaning } of e.invariants) {
    const measured = steady ? '' : ` (${several ? '≤ ' : ''}${small(residual)})`;
    const shown = holds
      ? `${law} ✓${measured}`
      : `${law.replace(/ = .*/, '')} = ${number(value ?? residual)} ${mustHold ? '✗, must be 0' : '≠ 0'}`;
    items.push(says(`${shown}: ${meaning}`));
  }
  return { title: 'Check', items };
}

function forgetting(e: Explanation): Section {
  const title = 'If you forget';
  if (e.forgetting.length === 0) return { title, about: 'there is nothing to forget: one path', items: [] };
  const errors = e.forgetting.map(
    ({ what, error }) => `${what.replace('the path through', 'via')} → off by ${small(error)}`,
  );
  const largest = Math.max(...e.numericDx.map(Math.abs));
  return { title, about: `${errors.join(' · ')} (largest dx: ${small(largest)})`, items: [] };
}

function coupling(e: Explanation): Section {
  const reach = e.reach.length > 0 ? e.reach.join('; ') : 'nothing else';
  const gone = e.invariants
    .filter(({ holds }) => holds)
    .map(({ law }) => (law.startsWith('Σdx·x') ? 'x' : '1') + law.replace(/.*over/, ' over'));
  const never = gone.join(', ') || 'none';
  const about = `y_i depends on x_i and on ${reach}. Directions of g that never reach x: ${never}`;
  return { title: 'Coupling', about, items: [] };
}

/** The backward as it ran. */
function code({ norm, derivation: { file, backward } }: Explanation, { formulas }: Room): Section {
  const shown = backward.length > formulas ? formulas - 1 : backward.length;
  const more = `… and ${backward.length - shown} more lines: docs/norms/${norm}.md`;
  const lines = [...backward.slice(0, shown), ...(shown < backward.length ? [more] : [])];
  return {
    title: 'In code',
    about: file ?? 'as it ran',
    items: formulas > 0 ? [{ kind: 'lines', lines }] : [],
  };
}

/** The first few numbers; one number where all are equal. */
function list(values: readonly number[]): string {
  if (values.length > 1 && values.every((value) => value === values[0])) return number(values[0]);
  return values.slice(0, 6).map(number).join(', ') + (values.length > 6 ? ', …' : '');
}
