import type { Tensor } from './tensor.ts';

/**
 * A tensor as text, for console.log and String(x): shape, dtype, whether it collects a gradient, and its numbers in rows, of long
 * axes the ends. It says so where the memory has gone back to the pool, and does not throw.
 */
export function describe(x: Tensor): string {
  const notes = [x.dtype === 'float64' ? 'float64' : '', gradientNote(x)].filter((note) => note !== '');
  const head = `Tensor [${x.shape.join(', ')}]${notes.map((note) => ` ${note}`).join('')}`;
  if (x.isGone) return `${head} (its memory has been reused: keep results with .clone() or .item())`;
  if (x.size === 0) return `${head} (empty)`;
  const { text, width } = printer(shownNumbers(x));
  const rows = block(x, 0, 0, (value) => text(value).padStart(width));
  return rows.length === 1
    ? `${head} ${rows[0].replace(/ +/g, ' ').replace(/\[ /g, '[')}`
    : [head, ...rows].join('\n');
}

/** Of an axis longer than 2 ENDS so many at its ends are shown. */
const ENDS = 3;

function gradientNote(x: Tensor): string {
  if (x.node !== null) return `from ${x.node.name}`;
  return x.requiresGrad ? 'requiresGrad' : '';
}

/** The numbers from `offset` on along `axis`, as lines of text. */
function block(x: Tensor, axis: number, offset: number, text: (value: number) => string): string[] {
  if (axis === x.rank) return [text(x.data[offset])];
  const stride = x.shape.slice(axis + 1).reduce((size, length) => size * length, 1);
  const parts = shownIndices(x.shape[axis]).map((i) =>
    i === null ? ['...'] : block(x, axis + 1, offset + i * stride, text),
  );
  if (axis === x.rank - 1) return [`[${parts.flat().join(', ')}]`];
  const lines = parts.flatMap((part, i) => {
    const last = i === parts.length - 1;
    return part.map((line, j) => (j === part.length - 1 && !last ? `${line},` : line));
  });
  const indented = lines.map((line, i) => (i === 0 ? `[${line}` : ` ${line}`));
  indented[indented.length - 1] += ']';
  return indented;
}

/** All of them, or the ends with null for what is left out. */
function shownIndices(length: number): (number | null)[] {
  if (length <= 2 * ENDS) return Array.from({ length }, (_, i) => i);
  const ends = Array.from({ length: ENDS }, (_, i) => i);
  return [...ends, null, ...ends.map((i) => length - ENDS + i)];
}

function shownNumbers(x: Tensor): number[] {
  const numbers: number[] = [];
  block(x, 0, 0, (value) => {
    numbers.push(value);
    return '';
  });
  return numbers;
}

/** One form for all of them: four digits behind the point, fewer where they are zeros, or powers of ten. */
function printer(numbers: readonly number[]): { text: (value: number) => string; width: number } {
  const sizes = numbers.map(Math.abs).filter((size) => size > 0 && size < Infinity);
  const isPlain = sizes.every((size) => size >= 1e-3 && size < 1e6) || sizes.every(Number.isSafeInteger);
  const digits = isPlain ? Math.max(...numbers.map(decimals), 0) : 0;
  const text = (value: number) => {
    if (!Number.isFinite(value)) return String(value);
    return isPlain ? value.toFixed(digits) : value.toExponential(3);
  };
  return { text, width: Math.max(...numbers.map((value) => text(value).length)) };
}

function decimals(value: number): number {
  const [, fraction = ''] = value.toFixed(4).replace(/0+$/, '').split('.');
  return Number.isFinite(value) ? fraction.length : 0;
}
