import type { Picture } from './explanation.ts';

const shades = [' ', '░', '▒', '▓', '█'];

/** The axes, the set of the first element, and beside these the Jacobian as a heat map. */
export function drawPicture(picture: Picture, width: number): string[] {
  const left = [...ribbon(picture), '', ...drawSet(picture)];
  const gap = 31;
  const wide = 2 * picture.jacobian.length + 2;
  const right = wide > width ? [`(to draw the Jacobian takes ${wide} columns)`] : drawJacobian(picture);
  if (gap + wide > width) return [...left, ...right];
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    `${(left[i] ?? '').padEnd(gap)}${right[i] ?? ''}`.trimEnd(),
  );
}

/** `[N 2  H 2  W 2  C 2]`, and the axes that the set runs along. */
function ribbon({ shape, members }: Picture): string[] {
  const [n, h, w, c] = shape;
  const at = (i: number) => [
    Math.floor(i / (h * w * c)),
    Math.floor(i / (w * c)) % h,
    Math.floor(i / c) % w,
    i % c,
  ];
  const inSet = members.flatMap((member, i) => (member ? [at(i)] : []));
  const names = ['N', 'H', 'W', 'C'];
  const along = names.filter((_, axis) => new Set(inSet.map((index) => index[axis])).size > 1);
  const channels = new Set(inSet.map((index) => index[3])).size;
  const part =
    channels > 1 && channels < c ? along.map((name) => (name === 'C' ? `C/${c / channels}` : name)) : along;
  return [
    `[N ${n} · H ${h} · W ${w} · C ${c}]`,
    part.length > 0 ? `one set runs along ${part.join('·')}` : 'every element is alone',
  ];
}

/** One small image per sample and channel: which elements y[0, 0, 0, 0] depends on. */
function drawSet({ shape, members }: Picture): string[] {
  const [n, h, w, c] = shape;
  const count = members.filter(Boolean).length;
  const lines = [`S_i of ◉: ${count} of ${members.length} elements`];
  lines.push(`     ${Array.from({ length: c }, (_, channel) => `c${channel}`.padEnd(2 * w + 1)).join('')}`);
  for (let sample = 0; sample < n; sample++) {
    for (let i = 0; i < h; i++) {
      const images = Array.from({ length: c }, (_, channel) =>
        Array.from({ length: w }, (__, j) => {
          const at = ((sample * h + i) * w + j) * c + channel;
          return at === 0 ? '◉' : members[at] ? '●' : '·';
        }).join(' '),
      );
      lines.push(`${(i === 0 ? `n${sample}` : '').padEnd(5)}${images.join('  ')}`);
    }
  }
  return lines;
}

/** Two characters per entry, so that the matrix is about square. Dark: a strong connection. */
function drawJacobian({ jacobian, rank }: Picture): string[] {
  const size = jacobian.length;
  const shade = (value: number) => {
    if (value < 1e-6) return shades[0];
    return shades[Math.max(1, Math.min(4, Math.ceil(value * 4)))];
  };
  return [
    `|dy_i/dx_j|, order n, c, h, w: rank ${rank} of ${size}`,
    `┌${'──'.repeat(size)}┐`,
    ...jacobian.map((row) => `│${row.map((value) => shade(value).repeat(2)).join('')}│`),
    `└${'──'.repeat(size)}┘`,
  ];
}
