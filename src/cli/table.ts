import { renderTable, type TableColumn } from '../charts/table.ts';
import { columns, type Output } from './output.ts';

/** A table as wide as the terminal. */
export function tableText(
  heads: readonly (string | TableColumn)[],
  rows: readonly (readonly string[])[],
  { stdout }: Output,
): string {
  const all = heads.map((head) => (typeof head === 'string' ? { head } : head));
  return renderTable(all, rows, { width: columns(process.stdout), colors: stdout });
}

/** The column that says whether a row is right: ✓, ✗, or ? where that cannot be told. */
export function verdicts({ stdout: { green, red, yellow } }: Output): TableColumn {
  return { head: '', paint: (mark) => (mark === '✓' ? green : mark === '✗' ? red : yellow)(mark) };
}

/** The head of a column of numbers. */
export function numeric(head: string): TableColumn {
  return { head, align: 'right' };
}
