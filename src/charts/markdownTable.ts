/** A table in Markdown. Numbers stand on the right, behind `texts` columns of words. */
export function markdownTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  texts = 1,
): string {
  // A cell is one line, and ends at the next |
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  return [line(heads), line(heads.map((_, i) => (i < texts ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
