import { displayWidth, truncate } from '../charts/text.ts';
import type { Explanation } from './explanation.ts';
import { greek, number } from './numbers.ts';
import { drawPicture } from './picture.ts';
import { type Columns, row } from './rows.ts';
import { nameOfG } from './stages.ts';

/** Sections 1 and 2 for a terminal: from x to y, and what comes in from L. */
export function forward(e: Explanation, columns: Columns, width: number): string[] {
  const { standardization: s } = e;
  const lines = section('1 FORWARD', e.reading, width);
  lines.push(row(e.kind === 'weight' ? 'x, the weight' : 'x', columns, e.x));
  if (s) {
    s.sets.slice(0, columns.sets).forEach(({ mean, variance, sigma }, i) => {
      const which = s.sets.length > 1 ? `set ${i + 1}: ` : '';
      const names = s.centred
        ? [`μ ${number(mean)}`, `v ${number(variance)}`]
        : [`v = mean x² ${number(variance)}`];
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

/** As many texts on a line as fit the width. */
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

export function incoming(e: Explanation, columns: Columns, width: number): string[] {
  const lines = [row('2 INCOMING   dy = dL/dy', columns, e.upstream)];
  const s = e.standardization;
  if (s && nameOfG(s, e.upstream) === 'g') lines.push(row('   g = γ·dy', columns, s.g));
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

function section(title: string, about: string, width: number): string[] {
  return [truncate(`${title.padEnd(13)}${about}`, width)];
}
