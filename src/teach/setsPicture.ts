import { BLACK } from '../charts/colors.ts';
import { element } from '../charts/svgElement.ts';
import type { NormEntry } from '../nn/norm/registry.ts';
import { BLUE, card, FONT_SIZE, GREEN, MARGIN, ORANGE, VERMILLION, write } from './card.ts';
import { blockOrder, connections, numericJacobian, placeOf, rank } from './jacobian.ts';
import { standardizationOf } from './paths.ts';
import { createSubject } from './subject.ts';

/** [N, H, W, C], large enough for sets of every kind to differ, two samples in a ghost batch; and a weight of 4 filters. */
export const exampleShapes = { activation: [4, 1, 3, 4], weight: [6, 4] };

/**
 * Who talks to whom: one element i and the elements that share its statistics, and beside these all dy_i/dx_j as a heat map, in
 * which samples and channels are blocks. null where every element is by itself.
 */
export function setsPicture(entry: NormEntry): string | null {
  const shape = exampleShapes[entry.kind];
  const subject = createSubject(entry, { shape, virtualBatch: 2 });
  const jacobian = numericJacobian(subject.x, subject.forward);
  const reach = connections(jacobian);
  const order = blockOrder(shape);
  const sizes = reach.map((row) => row.filter(Boolean).length);
  const most = Math.max(...sizes);
  if (most === 1) return null;
  const i = sizes.indexOf(most);

  // A ReLU or a threshold of the norm's own leaves some y at 0
  const silent = sizes.includes(0);
  const left = drawElements(shape, reach[i], i, entry.kind === 'weight');
  const right = drawMatrix(
    order.map((a) => order.map((b) => jacobian[a][b])),
    order.indexOf(i),
  );
  const top = MARGIN + 22;
  const legend = MARGIN + left.height + 3.2 * FONT_SIZE;
  const x = MARGIN + Math.max(left.width, legendWidth) + 34;
  const height =
    Math.max(top + right.size + (silent ? 3.6 : 2) * FONT_SIZE, legend + 5 * FONT_SIZE) + MARGIN - 6;
  const what = entry.view ? 'S_i' : 'y_i depends on';
  return card(
    x + Math.max(right.size, 196) + MARGIN,
    height,
    `${entry.title}: which elements share statistics, and the Jacobian`,
    write(`${what}: ${most} of ${reach.length} elements`, MARGIN, MARGIN + 0.8 * FONT_SIZE),
    element('g', { transform: `translate(${MARGIN} ${top})` }, ...left.marks),
    ...key(MARGIN, legend, ORANGE, 'i'),
    ...key(MARGIN, legend + 1.6 * FONT_SIZE, GREEN, entry.view ? 'shares statistics with i' : 'moves y_i'),
    ...(most < reach.length ? key(MARGIN, legend + 3.2 * FONT_SIZE, null, 'does not') : []),
    write(
      `dy_i/dx_j: rank ${rank(jacobian, standardizationOf(subject))} of ${reach.length}`,
      x,
      MARGIN + 0.8 * FONT_SIZE,
    ),
    element('g', { transform: `translate(${x} ${top})` }, ...right.marks),
    ...key(x, top + right.size + 1.6 * FONT_SIZE, BLUE, 'positive'),
    ...key(x + 80, top + right.size + 1.6 * FONT_SIZE, VERMILLION, 'negative'),
    silent ? write('empty rows: the activation is off', x, top + right.size + 3.2 * FONT_SIZE) : '',
  );
}

function key(x: number, y: number, color: string | null, says: string): string[] {
  return [square(x, y - 9, 10, color), write(says, x + 16, y)];
}

/** null: the colour of what takes no part. */
function square(x: number, y: number, size: number, color: string | null): string {
  const fill = color ?? '#dddddd';
  return element('rect', { ...(color ? {} : { class: 'off' }), x, y, width: size, height: size, fill });
}

const legendWidth = 190;
const cell = 18;
const gap = 10;
const labels = 30;

/** One small image per sample and channel; for a weight, one number per input and filter (f). */
function drawElements(shape: readonly number[], members: readonly boolean[], i: number, weight: boolean) {
  const [rows, channels] = [shape[0], shape[shape.length - 1]];
  const [h, w] = shape.length === 4 ? [shape[1], shape[2]] : [1, 1];
  const [stepX, stepY] = [w * cell + gap, h * cell + (weight ? 4 : gap)];
  const [row, column] = weight ? ['in ', 'f'] : ['n', 'c'];
  const marks = members.map((member, at) => {
    const { n, p, c } = placeOf(at, shape);
    const x = labels + c * stepX + (p % w) * cell;
    const y = FONT_SIZE + 6 + n * stepY + Math.floor(p / w) * cell;
    return square(x, y, cell - 2, at === i ? ORANGE : member ? GREEN : null);
  });
  const heads = [
    ...Array.from({ length: channels }, (_, c) =>
      write(`${column}${c}`, labels + c * stepX + (w * cell) / 2 - 1, FONT_SIZE, 'middle'),
    ),
    ...Array.from({ length: rows }, (_, n) =>
      write(`${row}${n}`, 0, FONT_SIZE + 6 + n * stepY + (h * cell) / 2 + 3),
    ),
  ];
  return {
    width: labels + channels * stepX - gap,
    height: FONT_SIZE + 6 + rows * stepY,
    marks: [...heads, ...marks],
  };
}

const levels = 8;

/** One path per shade, of horizontal runs: small files. The root of the share makes weak connections visible. */
function drawMatrix(matrix: readonly (readonly number[])[], outlined: number) {
  const size = matrix.length;
  const top = Math.max(...matrix.flat().map(Math.abs));
  const shade = (value: number) => {
    const share = Math.abs(value) / top;
    return share < 1e-6 ? 0 : Math.sign(value) * Math.max(1, Math.round(levels * Math.sqrt(share)));
  };
  const runs = new Map<number, string>();
  matrix.forEach((row, i) => {
    const shades = row.map(shade);
    for (let j = 0, length = 1; j < size; j += length, length = 1) {
      while (shades[j + length] === shades[j]) length++;
      if (shades[j] !== 0) runs.set(shades[j], `${runs.get(shades[j]) ?? ''}M${j} ${i}h${length}`);
    }
  });
  const scale = Math.floor(196 / size);
  const paths = [...runs.keys()]
    .sort((a, b) => a - b)
    .map((level) =>
      element('path', {
        stroke: level > 0 ? BLUE : VERMILLION,
        'stroke-opacity': Math.abs(level) / levels,
        d: runs.get(level)!,
      }),
    );
  const frame = { class: 'line', fill: 'none', stroke: BLACK, x: -1 };
  return {
    size: size * scale,
    marks: [
      element(
        'g',
        { transform: `scale(${scale}) translate(0 .5)`, 'shape-rendering': 'crispEdges' },
        ...paths,
      ),
      element('rect', { ...frame, y: -1, width: size * scale + 2, height: size * scale + 2 }),
      element('rect', { ...frame, y: outlined * scale - 1, width: size * scale + 2, height: scale + 2 }),
      write('i', -10, (outlined + 0.5) * scale + 4),
    ],
  };
}
