/** A setting that cannot be used. `hint` says, line by line, what can. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';

  constructor(
    /** The field of the configuration; undefined where it is not one field's fault. */
    readonly field: string | undefined,
    readonly problem: string,
    readonly hint: readonly string[] = [],
  ) {
    super(field === undefined ? problem : `${field}: ${problem}`);
  }
}

/** What a user can mend: `hint` says, line by line, how. */
export abstract class HintedError extends Error {
  constructor(
    message: string,
    readonly hint: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What is wrong with a file of code that a user named: it says which file, and the line. */
export class CodeError extends HintedError {
  override readonly name = 'CodeError';
  readonly code = 'CODE';
}

/** A run folder that cannot be read or written. */
export class RunFolderError extends HintedError {
  override readonly name = 'RunFolderError';
  readonly code = 'RUN_FOLDER';
}

/** Weights that cannot be read, or are another network's. */
export class WeightsError extends HintedError {
  override readonly name = 'WeightsError';
  readonly code = 'WEIGHTS_INVALID';
}

/** PyTorch, as the other engine, is missing or cannot do what was asked. */
export class PytorchError extends HintedError {
  override readonly name = 'PytorchError';
  readonly code = 'PYTORCH';
}

/** A queue (Redis) that cannot be used. */
export class QueueError extends HintedError {
  override readonly name = 'QueueError';
  readonly code = 'QUEUE';
}

/** `unknown norm "bach" (did you mean "batch"?)` */
export function unknownName(what: string, typed: string, names: readonly string[]): string {
  const guess = nearest(typed, names);
  return `unknown ${what} ${shown(typed)}${guess === undefined ? '' : ` (did you mean "${guess}"?)`}`;
}

/** The name that was probably meant: the nearest one, if a few typing errors explain the difference. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  // No name is so long; the distance would take as long as the text is.
  if (typed.length > 100) return undefined;
  const allowed = Math.max(1, Math.floor(typed.length / 3));
  const ranked = names
    .map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return ranked.length > 0 && ranked[0].distance <= allowed ? ranked[0].name : undefined;
}

/** `12.3 GiB`, `4.0 MiB` */
export function bytesText(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const unit = Math.min(units.length, Math.max(1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)));
  return `${grouped(Number((bytes / 1024 ** unit).toFixed(1)))} ${units[unit - 1]}`;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (Damerau 1964, restricted). */
export function editDistance(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  for (let j = 1; j <= b.length; j++) d[0][j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replaced = d[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      d[i][j] = Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1, replaced);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.length][b.length];
}

/** A value in an error message, in a few words. */
export function shown(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function';
  if (typeof value === 'symbol' || typeof value === 'bigint') return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) {
    const first = value.slice(0, 8).map((each) => (Array.isArray(each) ? '[...]' : shown(each)));
    return `[${first.join(', ')}${value.length > 8 ? ', ...' : ''}]`;
  }
  const { shape } = value as { shape?: unknown };
  const kind = value.constructor?.name ?? 'Object';
  if (Array.isArray(shape)) return `a ${kind} [${shape.join(', ')}]`;
  return kind === 'Object' ? `an object { ${Object.keys(value).slice(0, 5).join(', ')} }` : `a ${kind}`;
}

/** `1 run`, `2 runs`. */
export function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** `60,000` */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
