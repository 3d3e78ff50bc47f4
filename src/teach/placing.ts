import { type Tensor, tensor } from '../autograd/index.ts';
import { sizeOf } from '../kernels/contract.ts';
import type { NormEntry, NormOptions } from '../nn/norm/registry.ts';
import { createRandom } from '../random.ts';
import { numericJacobian, reachOf } from './jacobian.ts';
import { createLayer, forwardOf } from './layer.ts';
import type { Request } from './request.ts';

const standardizedRow = { x: [1, 2, 3, 6], g: [0.5, -1, 0.25, 1] };
/** Two groups of three. */
const groupedRow = { x: [1, 2, 6, 4, 3, 8], g: [0.5, -1, 0.25, 1, -0.5, 0.75] };
/** Both signs, and nowhere near a kink, for norms that are more than a standardization. */
const signedRow = { x: [-1, 0.5, 1, 2.5], g: [0.5, -1, 0.25, 1] };
const weightRow = { x: [1, -0.5, 2, 0.5, 1.5, -1], g: [0.5, -1, 0.25, 1, -0.5, 0.75] };

/** The numbers of a request, and how they lie. */
export interface Placed {
  values: Float64Array;
  upstream: number[] | null;
  shape: readonly number[];
  reading: string;
  options: NormOptions;
}

/** Where the given numbers stand in x, or numbers where none are given. */
export function place(entry: NormEntry, request: Request): Placed {
  const { shape, x, g } = request;
  const upstream = g ? g.flat() : null;
  const settings = { eps: request.eps, groups: request.groups, virtualBatch: request.virtualBatch };
  if (shape && !x) {
    const random = createRandom('explain');
    const values = Float64Array.from({ length: sizeOf(shape) }, () => round(random.normal()));
    const reading = `x [${shape.join(', ')}], random numbers`;
    return { values, upstream, shape, reading, options: withGroups(entry, shape, settings) };
  }
  const ragged = x?.find((row) => row.length !== x[0].length);
  if (ragged) {
    throw new Error(
      `explain: --x has rows of ${x![0].length} and of ${ragged.length} numbers; all must be as long.`,
    );
  }
  const chosen = x ? { x: x.flat(), g: upstream } : defaultRow(entry, upstream);
  const values = Float64Array.from(chosen.x);
  if (shape) {
    if (sizeOf(shape) !== values.length) {
      throw new Error(
        `explain: --shape ${shape.join(',')} has ${sizeOf(shape)} elements, --x has ${values.length}.`,
      );
    }
    const reading = `x [${shape.join(', ')}]`;
    return { values, upstream: chosen.g, shape, reading, options: withGroups(entry, shape, settings) };
  }
  const columns = x ? x[0].length : values.length;
  const found = readRows(entry, values, columns, settings);
  return { values, upstream: chosen.g, ...found };
}

function defaultRow(entry: NormEntry, upstream: number[] | null) {
  const row =
    entry.kind === 'weight'
      ? weightRow
      : entry.name === 'group'
        ? groupedRow
        : entry.view
          ? standardizedRow
          : signedRow;
  return { x: row.x, g: upstream ?? row.g };
}

/**
 * Rows are samples. What stands in a row, features or positions, depends on the norm: whatever its sets run over.
 * A single row is one set, whatever sets run over: BatchNorm reads it as samples of one feature.
 */
function readRows(entry: NormEntry, values: Float64Array, columns: number, settings: NormOptions) {
  const readings = rowReadings(entry, values.length / columns, columns).map(([shape, words]) => {
    const options = withGroups(entry, shape, settings);
    const reading = `x [${shape.join(', ')}], ${words}`;
    return { shape, reading, options, sharing: sharing(entry, tensor(values, shape), options) };
  });
  // Where nothing is shared in any reading, every element is on its own
  return (
    readings.find((each) => each.sharing === 'some') ??
    readings.find((each) => each.sharing === 'none') ??
    readings[0]
  );
}

function rowReadings(entry: NormEntry, rows: number, columns: number): [number[], string][] {
  if (entry.kind === 'weight') {
    return rows === 1 && columns % 2 === 0
      ? [[[columns / 2, 2], `a weight of 2 filters with ${columns / 2} inputs`]]
      : [[[rows, columns], `a weight of ${columns} filters with ${rows} inputs`]];
  }
  if (rows === 1) {
    return [
      [[1, columns], `one sample of ${count(columns, 'feature')}`],
      [[columns, 1], `${count(columns, 'sample')} of one feature`],
      [[1, 1, columns, 1], `one channel of ${count(columns, 'position')}`],
    ];
  }
  return [
    [[rows, columns], `${rows} samples of ${count(columns, 'feature')}`],
    [[rows, 1, columns, 1], `${rows} samples, one channel of ${columns} positions`],
  ];
}

/** Does an element share statistics with others in this reading? BatchNorm and its kin refuse a batch of one. */
function sharing(entry: NormEntry, x: Tensor, options: NormOptions) {
  if (entry.view) {
    const { p, k } = entry.view(x.shape, options);
    return p * k > 1 ? 'some' : 'none';
  }
  try {
    const layer = createLayer(entry, x, options);
    const jacobian = numericJacobian(x, forwardOf(layer, x));
    return reachOf(jacobian, x.shape).length > 0 ? 'some' : 'none';
  } catch {
    return 'refused';
  }
}

/** GroupNorm shows groups with at least three members, where there are enough channels for that. */
function withGroups(entry: NormEntry, shape: readonly number[], settings: NormOptions): NormOptions {
  const channels = shape[shape.length - 1];
  const positions = sizeOf(shape.slice(1, -1));
  const fits = channels % 2 === 0 && (positions * channels) / 2 >= 3;
  const grouped = entry.kind === 'activation' && settings.groups === undefined;
  return { ...stripUndefined(settings), ...(grouped ? { groups: fits ? 2 : 1 } : {}) };
}

function stripUndefined(options: NormOptions): NormOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function count(n: number, what: string): string {
  return n === 1 ? `one ${what}` : `${n} ${what}s`;
}

/** Four decimals: what is shown is what is computed with. */
export function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
