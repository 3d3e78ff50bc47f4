import { shown } from '../errors.ts';
import { kernels } from '../kernels/active.ts';
import { type Shape, sizeOf } from '../kernels/contract.ts';
import { checkOptions } from '../options.ts';
import { array } from './create.ts';
import { record } from './graph.ts';
import { requireTensor } from './inputs.ts';
import { Tensor } from './tensor.ts';

/** Whole numbers in any nesting: `[[3, 1], [0, 2]]`, a typed array, or a tensor of them. */
export type Indices = Tensor | ArrayLike<number> | readonly Indices[];

/**
 * Rows of a table by their numbers.   indices [...] of 0 to V - 1, table [V, C] -> [..., C].
 * dtable[v] = the sum of dy over all places where index v stood, 0 for rows that were not looked up. With `paddingIndex` that row
 * gets no gradient: it stays what it is (PyTorch's padding_idx).
 */
export function embedding(
  indices: Indices,
  table: Tensor,
  options: { paddingIndex?: number | null } = {},
): Tensor {
  requireTensor('embedding', table, 'the table as a tensor [V, C]');
  if (table.rank !== 2) {
    throw new Error(`embedding: the table is [V, C], a row for each index, got [${table.shape.join(', ')}].`);
  }
  const [count, width] = table.shape;
  checkOptions('embedding', options, ['paddingIndex']);
  const { paddingIndex = null } = options;
  const { shape, rows } = rowsOf(indices, count);
  if (paddingIndex !== null) requireRow('paddingIndex', paddingIndex, count);
  const k = kernels(table);
  const data = new (array(table.dtype))(rows.length * width);
  rows.forEach((row, i) => {
    data.set(table.data.subarray(row * width, (row + 1) * width), i * width);
  });
  const y = k.resident({ shape: [...shape, width], data });
  return record('embedding', y, [table], [], (dy) => {
    const sums = new Float64Array(table.size);
    rows.forEach((row, i) => {
      if (row === paddingIndex) return;
      for (let j = 0; j < width; j++) sums[row * width + j] += dy.data[i * width + j];
    });
    return [{ shape: table.shape, data: array(table.dtype).from(sums) }];
  });
}

/** All indices in a row, and how they were nested. */
function rowsOf(indices: Indices, count: number): { shape: Shape; rows: Int32Array } {
  const { shape, values } = flat(indices);
  const rows = new Int32Array(sizeOf(shape));
  for (let i = 0; i < rows.length; i++) {
    requireRow(`index ${i}`, values[i], count);
    rows[i] = values[i];
  }
  return { shape, rows };
}

function flat(indices: Indices): { shape: Shape; values: ArrayLike<number> } {
  if (indices instanceof Tensor) return { shape: indices.shape, values: indices.data };
  if (ArrayBuffer.isView(indices)) return { shape: [indices.length], values: indices as ArrayLike<number> };
  if (!Array.isArray(indices)) {
    throw new Error(
      `embedding: expected whole numbers as a list, nested lists, a typed array or a tensor, got ${shown(indices)}.`,
    );
  }
  if (indices.every((each) => typeof each === 'number')) return { shape: [indices.length], values: indices };
  const parts = indices.map(flat);
  const ragged = parts.find(({ shape }) => shape.join() !== parts[0].shape.join());
  if (ragged) {
    throw new Error(
      `embedding: lists of [${parts[0].shape.join(', ')}] and of [${ragged.shape.join(', ')}] indices stand side by side; all ` +
        'must be as long. Fill shorter ones up with a paddingIndex.',
    );
  }
  return {
    shape: [parts.length, ...parts[0].shape],
    values: parts.flatMap(({ values }) => Array.from(values)),
  };
}

function requireRow(what: string, row: number, count: number): void {
  if (Number.isInteger(row) && row >= 0 && row < count) return;
  throw new Error(
    `embedding: ${what} is ${shown(row)}; a table of ${count} rows has the whole numbers 0 to ${count - 1}. ` +
      (Number.isInteger(row) && row >= count
        ? 'Make the table as large as the vocabulary.'
        : 'Negative ones do not count from the end.'),
  );
}
