import { element } from '../charts/svgElement.ts';
import { BLUE, card, FONT_SIZE, GREEN, MARGIN, ORANGE, PURPLE, rule, write } from './card.ts';
import type { Explanation, Standardization } from './explanation.ts';
import { percent } from './numbers.ts';
import { termsOf } from './terms.ts';

const rowHeight = 56;
const bar = 14;
const step = 22;
const labels = 132;
const energyWidth = 190;
const top = MARGIN + 30;

/** One row of the picture: a vector, and the part of the direct path's energy between two shares. */
interface Row {
  label: string;
  formula: string;
  values: readonly number[];
  color: string;
  from: number;
  to: number;
  says: string;
}

/**
 * The paths of a standardization: dx element by element as the sum of its terms, and the energy that each path takes away, from
 * that of the direct path (100 %) down to what reaches x. null where there is but one path.
 */
export function pathsPicture(e: Explanation): string | null {
  const s = e.standardization;
  if (!s || s.constants) return null;
  const rows = rowsOf(e, s);
  const elements = s.sets.flatMap(({ members }, set) => members.map((at) => ({ at, set })));
  const x = (i: number) => MARGIN + labels + i * step + elements[i].set * 14;
  const energyX = x(elements.length - 1) + step + 30;
  const bottom = top + rows.length * rowHeight;
  const share = (part: number) => energyX + energyWidth * part;
  const largest = Math.max(...rows.flatMap(({ values }) => values.map(Math.abs)));

  const marks = rows.flatMap(({ label, formula, values, color, from, to, says }, row) => {
    const zero = top + (row + 0.5) * rowHeight;
    const scale = (0.44 * rowHeight) / largest;
    return [
      write(label, MARGIN, zero - 2),
      write(formula, MARGIN, zero + FONT_SIZE + 1),
      ...elements.map(({ at }, i) => box(x(i), zero, bar, -values[at] * scale, color)),
      rule(x(0) - 3, zero, x(elements.length - 1) + bar + 3, zero),
      box(share(from), zero - 9, share(to) - share(from), 18, color),
      write(says, share(1) + 8, zero + 4),
    ];
  });
  const expected = share(s.energy.expected);
  return card(
    share(1) + 118,
    bottom + 2 * FONT_SIZE + MARGIN,
    `${e.title}: the paths of the gradient, and their energies`,
    write('each element', MARGIN + labels, MARGIN + 0.8 * FONT_SIZE),
    write('energy, the sum of squares', energyX, MARGIN + 0.8 * FONT_SIZE),
    ...marks,
    rule(share(0), top, share(0), bottom),
    rule(expected, bottom - rowHeight, expected, bottom + 4, '3 3'),
    write(
      `a random gradient keeps ${percent(s.energy.expected)}`,
      expected,
      bottom + FONT_SIZE + 6,
      s.energy.expected > 0.5 ? 'middle' : 'start',
    ),
  );
}

function rowsOf(e: Explanation, s: Standardization): Row[] {
  const { mean, variance, kept } = s.energy;
  const looks = {
    direct: { color: BLUE, from: 0, to: 1 },
    'via μ': { color: ORANGE, from: 1 - mean, to: 1 },
    'via v': { color: PURPLE, from: kept, to: kept + variance },
  };
  const rows = termsOf(s, e.upstream).flatMap(({ name, formula, values, removes, stage }): Row[] => {
    const says = stage ? `removes ${percent(removes)}` : '100 %';
    return values ? [{ label: name, formula, values, says, ...looks[name] }] : [];
  });
  const says = `keeps ${percent(kept)}`;
  return [
    ...rows,
    { label: 'dx', formula: 'their sum', values: e.dx, color: GREEN, from: 0, to: kept, says },
  ];
}

/** A rectangle from a corner; a negative height goes upwards. */
function box(x: number, y: number, width: number, height: number, fill: string): string {
  return element('rect', {
    x,
    y: Math.min(y, y + height),
    width: Math.max(width, 0),
    height: Math.abs(height),
    fill,
  });
}
