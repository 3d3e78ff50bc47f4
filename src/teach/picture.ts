import { packed } from '../charts/text.ts';
import type { Picture } from './explanation.ts';
import { number } from './numbers.ts';

const shades = [' ', '░', '▒', '▓', '█'];

/** The axes, the set of an element, and beside these the Jacobian as a heat map; below, the row of that element. */
export function drawPicture(picture: Picture, width: number, weight = false): string[] {
  const axes = axesOf(picture.shape, weight);
  const left = [...ribbon(picture, axes), '', ...drawSet(picture, axes)];
  const gap = 31;
  const wide = 2 * picture.jacobian.length + 2;
  const beside = gap + wide <= width;
  // A row that was asked for is not to be searched below a large matrix
  const drawn = picture.row ? beside : wide <= width;
  const right = drawn
    ? drawJacobian(picture)
    : [
        ...packed(
          [rankOf(picture), `(to draw it takes ${wide + (picture.row ? gap : 0)} columns)`],
          width,
          '  ',
        ),
      ];
  const both = beside
    ? Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
        `${(left[i] ?? '').padEnd(gap)}${right[i] ?? ''}`.trimEnd(),
      )
    : [...left, ...right];
  return picture.row ? [...both, ...drawRow(picture.row, picture.shape, axes, width)] : both;
}

function axesOf(shape: readonly number[], weight: boolean): string[] {
  if (weight) return ['in', 'out'];
  return ['N', ...['D', 'H', 'W'].slice(5 - shape.length), 'C'];
}

/** The index of an element, axis by axis. */
function unravel(i: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = i;
  for (const length of shape.toReversed()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return index;
}

/** `[N 2  H 2  W 2  C 2]`, and the axes that the set runs along. */
function ribbon({ shape, members }: Picture, axes: readonly string[]): string[] {
  const inSet = members.flatMap((member, i) => (member ? [unravel(i, shape)] : []));
  const different = axes.map((_, axis) => new Set(inSet.map((index) => index[axis])).size);
  const along = axes.flatMap((name, axis) => {
    if (different[axis] < 2) return [];
    const part = axis > 0 && axis === axes.length - 1 && different[axis] < shape[axis];
    return [part ? `${name}/${shape[axis] / different[axis]}` : name];
  });
  return [
    `[${axes.map((name, axis) => `${name} ${shape[axis]}`).join(' · ')}]`,
    along.length > 0 ? `one set runs along ${along.join('·')}` : 'every element is alone',
  ];
}

/** One small image per sample and channel: which elements share statistics with ◉. */
function drawSet({ shape, members, element }: Picture, axes: readonly string[]): string[] {
  const [n, c] = [shape[0], shape[shape.length - 1]];
  const w = shape.length > 2 ? shape[shape.length - 2] : 1;
  const h = members.length / n / w / c;
  const count = members.filter(Boolean).length;
  const [row, column] = [axes[0].toLowerCase(), axes[axes.length - 1][0].toLowerCase()];
  const lines = [`S_i of ◉: ${count} of ${members.length} elements`];
  lines.push(
    `     ${Array.from({ length: c }, (_, channel) => `${column}${channel}`.padEnd(2 * w + 1)).join('')}`.trimEnd(),
  );
  for (let sample = 0; sample < n; sample++) {
    for (let i = 0; i < h; i++) {
      const images = Array.from({ length: c }, (_, channel) =>
        Array.from({ length: w }, (__, j) => {
          const at = ((sample * h + i) * w + j) * c + channel;
          return at === element ? '◉' : members[at] ? '●' : '·';
        }).join(' '),
      );
      lines.push(`${(i === 0 ? `${row}${sample}` : '').padEnd(5)}${images.join('  ')}`);
    }
  }
  return lines;
}

function rankOf({ jacobian, rank }: Picture): string {
  return `|dy_i/dx_j|, order n, c, h, w: rank ${rank} of ${jacobian.length}`;
}

/** Two characters per entry, so that the matrix is about square. Dark: a strong connection. */
function drawJacobian(picture: Picture): string[] {
  const { jacobian, order, row, element } = picture;
  const size = jacobian.length;
  const shade = (value: number) => {
    if (value < 1e-6) return shades[0];
    return shades[Math.max(1, Math.min(4, Math.ceil(value * 4)))];
  };
  return [
    rankOf(picture),
    `┌${'──'.repeat(size)}┐`,
    ...jacobian.map((values, i) => {
      const mark = row && order[i] === element ? ' ◉' : '';
      return `│${values.map((value) => shade(value).repeat(2)).join('')}│${mark}`;
    }),
    `└${'──'.repeat(size)}┘`,
  ];
}

/** A line per sample and position, a column per channel. */
function drawRow(row: readonly number[], shape: readonly number[], axes: readonly string[], width: number) {
  const c = shape[shape.length - 1];
  const column = axes[axes.length - 1][0].toLowerCase();
  const label = (i: number) =>
    unravel(i, shape)
      .slice(0, -1)
      .map((each, axis) => `${axes[axis].toLowerCase()}${each}`)
      .join(' ');
  const first = label(row.length - 1).length;
  const title = ['', 'dx where dy is 1 at ◉ and 0 elsewhere, by the backward pass:'];
  const wide = first + 10 * c;
  if (wide > width) return [...title, `(to write it takes ${wide} columns; --format json)`];
  const lines = Array.from({ length: row.length / c }, (_, i) => {
    const cells = row.slice(i * c, (i + 1) * c).map((value) => number(value).padStart(10));
    return label(i * c).padEnd(first) + cells.join('');
  });
  const head = Array.from({ length: c }, (_, i) => `${column}${i}`.padStart(10));
  return [...title, ' '.repeat(first) + head.join(''), ...lines];
}
