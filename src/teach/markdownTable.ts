import type { Explanation } from './explanation.ts';
import { number } from './numbers.ts';

/** Elements in the order of the sets, at most this many. */
const mostColumns = 8;

function order(e: Explanation): number[] {
  return (e.standardization?.sets.flatMap(({ members }) => members) ?? e.x.map((_, i) => i)).slice(
    0,
    mostColumns,
  );
}

/** Quantities below each other, a column for each element; remarks stand in a column of their own, headed `last`. */
export function table(
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

/** Numbers with commas, the first few of many; one number where all are equal. */
export function list(values: readonly number[]): string {
  if (values.length > 1 && values.every((value) => value === values[0])) return number(values[0]);
  return values.slice(0, mostColumns).map(number).join(', ') + (values.length > mostColumns ? ', …' : '');
}

export function fence(lines: readonly string[]): string[] {
  return lines.length > 0 ? ['```', ...lines, '```'] : [];
}
