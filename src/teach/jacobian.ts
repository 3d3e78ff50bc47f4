import { noGrad, type Tensor } from '../autograd/index.ts';
import { type Shape, sizeOf } from '../kernels/contract.ts';
import type { Picture, Standardization } from './explanation.ts';

/**
 * J[i][j] = dy_i/dx_j by differences of the forward pass: no backward is trusted. Four points (error h^4): a constant set, whose
 * sigma is sqrt(eps), bends too much for two.
 */
export function numericJacobian(x: Tensor, forward: () => Tensor, h = 1e-5): number[][] {
  const columns = Array.from({ length: x.size }, (_, j) => {
    const value = x.data[j];
    const at = (steps: number) => {
      x.data[j] = value + steps * h;
      return noGrad(() => forward().toArray());
    };
    const [above, below, far, farBelow] = [at(1), at(-1), at(2), at(-2)];
    x.data[j] = value;
    return above.map((y, i) => (8 * (y - below[i]) - (far[i] - farBelow[i])) / (12 * h));
  });
  return columns[0].map((_, i) => columns.map((column) => column[i]));
}

/**
 * Directions that are left: by elimination with full pivots. What is below 1e-3 of the largest is eps and rounding; of a
 * standardization, what is below 1e-2 of 1/sigma of its set: sets of two values leave nothing larger than that.
 */
export function rank(matrix: readonly (readonly number[])[], paths: Standardization | null = null): number {
  const rows = matrix.map((row) => [...row]);
  for (const { members, sigma } of paths?.sets ?? []) {
    for (const i of members) rows[i] = rows[i].map((value) => value * sigma);
  }
  const threshold = paths ? 1e-2 : 1e-3 * largest(rows);
  let found = 0;
  while (found < rows.length) {
    let pivot = { value: 0, row: 0, column: 0 };
    for (let i = found; i < rows.length; i++) {
      rows[i].forEach((value, j) => {
        if (Math.abs(value) > Math.abs(pivot.value)) pivot = { value, row: i, column: j };
      });
    }
    if (Math.abs(pivot.value) <= threshold) break;
    [rows[found], rows[pivot.row]] = [rows[pivot.row], rows[found]];
    for (let i = found + 1; i < rows.length; i++) {
      const factor = rows[i][pivot.column] / pivot.value;
      for (let j = 0; j < rows[i].length; j++) rows[i][j] -= factor * rows[found][j];
      rows[i][pivot.column] = 0;
    }
    found++;
  }
  return found;
}

/** A derivative below this share of the largest one is rounding of the differences: there is no connection. */
const connected = 1e-6;

/** In words, on which elements besides x_i any y_i depends. */
export function reachOf(jacobian: readonly (readonly number[])[], shape: Shape, weight = false): string[] {
  const words = new Set<string>();
  connections(jacobian).forEach((row, i) => {
    const a = placeOf(i, shape);
    row.forEach((moves, j) => {
      if (i === j || !moves) return;
      const b = placeOf(j, shape);
      words.add(weight ? ofWeights[a.c === b.c ? 0 : 1] : relation(a, b));
    });
  });
  return [...ofWeights, ...relations].filter((each) => words.has(each));
}

const ofWeights = ['the other weights of its filter', 'the weights of other filters'];

const relations = [
  'other channels at its position',
  'its channel at other positions',
  'other channels at other positions',
  'its channel in other samples',
  'other channels in other samples',
];

function relation(a: Place, b: Place): string {
  if (a.n !== b.n) return a.c === b.c ? relations[3] : relations[4];
  if (a.p === b.p) return relations[0];
  return a.c === b.c ? relations[1] : relations[2];
}

/** Sample, position and channel of an element. */
export interface Place {
  n: number;
  p: number;
  c: number;
}

export function placeOf(i: number, shape: Shape): Place {
  const channels = shape[shape.length - 1];
  const positions = sizeOf(shape.slice(1, -1));
  return {
    n: Math.floor(i / channels / positions),
    p: Math.floor(i / channels) % positions,
    c: i % channels,
  };
}

/** The elements in the order n, c, h, w, in which samples and channels are blocks; of a weight [in, out], filter by filter. */
export function blockOrder(shape: Shape): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => ({ i, ...placeOf(i, shape) }))
    .sort((a, b) => (shape.length > 2 ? a.n - b.n : 0) || a.c - b.c || a.n - b.n || a.p - b.p)
    .map(({ i }) => i);
}

/** Row i: on which elements y_i depends. */
export function connections(jacobian: readonly (readonly number[])[]): boolean[][] {
  const threshold = connected * largest(jacobian);
  return jacobian.map((row) => row.map((value) => Math.abs(value) > threshold));
}

/** Which elements share statistics with i; where the norm is more than one standardization, on which ones y_i depends. */
export function setOf(
  i: number,
  jacobian: readonly (readonly number[])[],
  paths: Standardization | null,
): boolean[] {
  const members = paths?.sets.find((set) => set.members.includes(i))?.members;
  return members ? jacobian.map((_, j) => members.includes(j)) : connections(jacobian)[i];
}

/** The set S_i and the Jacobian of [N, ..., C], in the order of blocks. `row`: dx where dy is 1 at that element alone. */
export function pictureOf(
  jacobian: readonly (readonly number[])[],
  shape: Shape,
  paths: Standardization | null,
  element = 0,
  row: number[] | null = null,
): Picture {
  const top = largest(jacobian);
  const order = blockOrder(shape);
  return {
    shape,
    element,
    members: setOf(element, jacobian, paths),
    row,
    order,
    jacobian: order.map((i) => order.map((j) => Math.abs(jacobian[i][j]) / (top || 1))),
    rank: rank(jacobian, paths),
  };
}

/** Ways to cut x into sets, finest first, as far as the shape tells them apart. */
export function groupings(shape: Shape, groups: number, weight: boolean): { name: string; of: number[] }[] {
  const channels = shape[shape.length - 1];
  const size = sizeOf(shape);
  const all = Array.from({ length: size }, (_, i) => placeOf(i, shape));
  const ways: { name: string; key: (place: Place) => string | number }[] = weight
    ? [
        { name: 'filter', key: ({ c }) => c },
        { name: 'weight', key: () => 0 },
      ]
    : [
        { name: 'position', key: ({ n, p }) => `${n} ${p}` },
        { name: 'channel of a sample', key: ({ n, c }) => `${n} ${c}` },
        { name: 'group of a sample', key: ({ n, c }) => `${n} ${Math.floor((c * groups) / channels)}` },
        { name: 'sample', key: ({ n }) => n },
        { name: 'channel', key: ({ c }) => c },
        { name: 'batch', key: () => 0 },
      ];
  const seen = new Set<string>();
  return ways.flatMap(({ name, key }) => {
    const names = new Map<string | number, number>();
    const of = all.map((place) => {
      const k = key(place);
      if (!names.has(k)) names.set(k, names.size);
      return names.get(k)!;
    });
    // Sets of one element say nothing, and the same sets under a second name neither
    if (names.size === size || seen.has(of.join())) return [];
    seen.add(of.join());
    return [{ name, of }];
  });
}

/**
 * The finest sets over which the Jacobian swallows a direction: J d = 0, with d = 1 or d = x on one set and 0 elsewhere, up to
 * eps. null: there are no such sets.
 */
export function swallowedOver(
  jacobian: readonly (readonly number[])[],
  direction: ArrayLike<number>,
  ways: readonly { name: string; of: number[] }[],
): string | null {
  const top = largest(jacobian);
  for (const { name, of } of ways) {
    const sets = Math.max(...of) + 1;
    let worst = 0;
    for (const row of jacobian) {
      const sums = new Array<number>(sets).fill(0);
      row.forEach((value, j) => {
        sums[of[j]] += value * direction[j];
      });
      worst = Math.max(worst, ...sums.map(Math.abs));
    }
    if (worst <= 1e-3 * top) return name;
  }
  return null;
}

function largest(matrix: readonly (readonly number[])[]): number {
  return Math.max(0, ...matrix.map((row) => Math.max(0, ...row.map(Math.abs))));
}
