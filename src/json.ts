/** JSON that keeps every number. It has no NaN and no infinity: they are written as the strings "NaN", "Infinity" and "-Infinity". */
export function toJson(value: unknown, indent?: number): string {
  const isPlain =
    typeof value === 'number' ? Number.isFinite(value) : typeof value !== 'object' || value === null;
  if (isPlain) return JSON.stringify(value);
  return JSON.stringify(
    value,
    (_, each) => (typeof each === 'number' && !Number.isFinite(each) ? String(each) : each),
    indent,
  );
}

/** Reads what `toJson` wrote. */
export function fromJson(text: string): unknown {
  // A look at every value takes four times as long as reading them.
  if (!/"(?:NaN|-?Infinity)"/.test(text)) return JSON.parse(text);
  const special = ['NaN', 'Infinity', '-Infinity'];
  return JSON.parse(text, (_, each) => (special.includes(each) ? Number(each) : each));
}
