import { randn, type Tensor, tensor } from '../autograd/index.ts';
import type { Detached } from '../nn/norm/conventions.ts';
import type { Norm } from '../nn/norm/norm.ts';
import type { NormEntry, NormOptions } from '../nn/norm/registry.ts';
import { RunningNorm } from '../nn/norm/running.ts';
import { createRandom } from '../random.ts';

/** What is explained: a norm, and the numbers to do it with. */
export interface Request {
  /** Rows are samples; a single row is one index set. */
  x?: readonly (readonly number[])[];
  /** dL/dy, as many numbers as x. */
  g?: readonly (readonly number[])[];
  gamma?: readonly number[];
  beta?: readonly number[];
  mode?: 'train' | 'eval';
  detach?: Detached;
  /** [N, C] or [N, H, W, C]: of x, or of random numbers where no x is given. */
  shape?: readonly number[];
  groups?: number;
  eps?: number;
}

/** A layer in float64, and an input for it. */
export interface Subject {
  entry: NormEntry;
  layer: Norm;
  options: NormOptions;
  x: Tensor;
  upstream: Tensor;
  /** How the given numbers became x. */
  reading: string;
  notes: string[];
  /** The layer's result for x; its running statistics stay as they are. */
  forward: () => Tensor;
}

/** Any layer may be asked to detach its statistics; those that cannot do not look at it. */
type LayerOptions = NormOptions & { detachStatistics?: Detached };

const standardizedRow = { x: [1, 2, 3, 6], g: [0.5, -1, 0.25, 1] };
/** Two groups of three. */
const groupedRow = { x: [1, 2, 6, 4, 3, 8], g: [0.5, -1, 0.25, 1, -0.5, 0.75] };
/** Both signs, and nowhere near a kink, for norms that are more than a standardization. */
const signedRow = { x: [-1, 0.5, 1, 2.5], g: [0.5, -1, 0.25, 1] };
const weightRow = { x: [1, -0.5, 2, 0.5, 1.5, -1], g: [0.5, -1, 0.25, 1, -0.5, 0.75] };

/** The layer and the input of a request. Throws where they do not fit each other. */
export function createSubject(entry: NormEntry, request: Request): Subject {
  const { values, upstream, shape, reading, options } = place(entry, request);
  const layer = createLayer(entry, shape, { ...options, detachStatistics: request.detach });
  const notes = setParameters(entry, layer, request);
  const x = tensor(values, shape, { dtype: 'float64', requiresGrad: true });
  if (request.mode === 'eval') notes.push(...giveRunningStatistics(entry, layer, x));
  const forward = keepingBuffers(layer, () => layer.forward(x));
  const y = forward();
  const dy = upstream ?? randn(y.shape, createRandom('upstream'), { dtype: 'float64' }).toArray();
  if (dy.length !== y.size) {
    throw new Error(`explain: --g needs ${y.size} numbers, one for each element of y, got ${dy.length}.`);
  }
  return {
    entry,
    layer,
    options,
    x,
    upstream: tensor(Float64Array.from(dy), y.shape),
    reading,
    notes,
    forward,
  };
}

/** The norm for x of this shape, in float64. */
export function createLayer(entry: NormEntry, shape: readonly number[], options: LayerOptions): Norm {
  return entry.build(shape[shape.length - 1], options).to('float64');
}

/** `run` without its effect on the running statistics: each call starts from the same ones. */
export function keepingBuffers<T>(layer: Norm, run: () => T): () => T {
  const kept = [...layer.namedBuffers().values()].map((buffer) => ({ buffer, value: buffer.data.slice() }));
  return () => {
    for (const { buffer, value } of kept) buffer.data.set(value);
    return run();
  };
}

interface Placed {
  values: Float64Array;
  upstream: number[] | null;
  shape: readonly number[];
  reading: string;
  options: NormOptions;
}

function place(entry: NormEntry, request: Request): Placed {
  const { shape, x, g } = request;
  const upstream = g ? g.flat() : null;
  const settings = { eps: request.eps, groups: request.groups };
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
  const found = readRows(entry, values.length / columns, columns, settings);
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
 * Rows are samples. What stands in a row, features or positions, depends on the norm: it is what the norm's sets are over.
 * A single row is one set, whatever that is over: BatchNorm reads it as samples of one feature.
 */
function readRows(entry: NormEntry, rows: number, columns: number, settings: NormOptions) {
  const readings = rowReadings(entry, rows, columns);
  for (const [shape, words] of readings) {
    const options = withGroups(entry, shape, settings);
    if (talks(entry, shape, options)) return { shape, reading: `x [${shape.join(', ')}], ${words}`, options };
  }
  // Nothing is shared in any reading: every element is on its own
  const [shape, words] = readings[0];
  return {
    shape,
    reading: `x [${shape.join(', ')}], ${words}`,
    options: withGroups(entry, shape, settings),
  };
}

function rowReadings(entry: NormEntry, rows: number, columns: number): [number[], string][] {
  if (entry.kind === 'weight') {
    return rows === 1 && columns % 2 === 0
      ? [[[columns / 2, 2], `a weight of 2 filters with ${columns / 2} inputs`]]
      : [[[rows, columns], `a weight of ${columns} filters with ${rows} inputs`]];
  }
  if (rows === 1) {
    return [
      [[1, columns], `one sample of ${columns} features`],
      [[columns, 1], `${columns} samples of one feature`],
      [[1, 1, columns, 1], `one channel of ${columns} positions`],
    ];
  }
  return [
    [[rows, columns], `${rows} samples of ${count(columns, 'feature')}`],
    [[rows, 1, columns, 1], `${rows} samples, one channel of ${columns} positions`],
  ];
}

/** Does an element share statistics with others in this reading? */
function talks(entry: NormEntry, shape: readonly number[], options: NormOptions): boolean {
  if (entry.view) {
    const { p, k } = entry.view(shape, options);
    return p * k > 1;
  }
  try {
    const layer = createLayer(entry, shape, options);
    const random = createRandom('talks');
    const x = randn(shape, random, { dtype: 'float64', requiresGrad: true });
    const y = keepingBuffers(layer, () => layer.forward(x))();
    y.backward({
      gradient: tensor(
        Float64Array.from(y.data, (_, i) => (i === 0 ? 1 : 0)),
        y.shape,
      ),
    });
    return x.grad!.data.some((value, i) => i > 0 && Math.abs(value) > 1e-9);
  } catch {
    return false; // BatchNorm and its kin refuse a batch of one: not this reading
  }
}

/** GroupNorm shows groups with at least three members, where there are enough channels for that. */
function withGroups(entry: NormEntry, shape: readonly number[], settings: NormOptions): NormOptions {
  const channels = shape[shape.length - 1];
  const positions = shape.slice(1, -1).reduce((a, b) => a * b, 1);
  const fits = channels % 2 === 0 && (positions * channels) / 2 >= 3;
  const grouped = entry.kind === 'activation' && settings.groups === undefined;
  return { ...stripUndefined(settings), ...(grouped ? { groups: fits ? 2 : 1 } : {}) };
}

function stripUndefined(options: NormOptions): NormOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function setParameters(entry: NormEntry, layer: Norm, request: Request): string[] {
  const parameters = layer.namedParameters();
  for (const name of ['gamma', 'beta'] as const) {
    const values = request[name];
    if (!values) continue;
    const parameter = parameters.get(name);
    if (!parameter) {
      const names = [...parameters.keys()].join(', ') || 'none';
      throw new Error(`explain: ${entry.title} has no ${name}; what it learns: ${names}.`);
    }
    if (values.length !== 1 && values.length !== parameter.size) {
      throw new Error(
        `explain: --${name} needs 1 or ${parameter.size} numbers, ${entry.title}'s ${name} being ` +
          `[${parameter.shape.join(', ')}], got ${values.length}.`,
      );
    }
    for (let i = 0; i < parameter.size; i++) parameter.data[i] = values[values.length === 1 ? 0 : i];
  }
  const gamma = parameters.get('gamma');
  if (request.gamma || !gamma || gamma.data.some((value) => value !== 0)) return [];
  gamma.data.fill(0.5);
  return ['gamma starts at 0, which would hide every path; here it is 0.5.'];
}

/** Evaluation needs running statistics: those of this very x, as after one batch with momentum 1. */
function giveRunningStatistics(entry: NormEntry, layer: Norm, x: Tensor): string[] {
  if (layer.namedBuffers().size === 0) {
    layer.eval();
    return [`${entry.title} has no running statistics: evaluation is the same as training.`];
  }
  const runs = [...layer.namedModules().values()].filter((module) => module instanceof RunningNorm);
  for (const module of runs) module.recalibrating(true);
  layer.train();
  for (let step = 0; step < (runs.length > 0 ? 1 : 3); step++) layer.forward(x);
  for (const module of runs) module.recalibrating(false);
  layer.eval();
  return [
    'the running statistics are those of this very batch; the running variance divides by m − 1 where the batch ' +
      'divides by m, so σ differs a little from training.',
  ];
}

function count(n: number, what: string): string {
  return n === 1 ? `one ${what}` : `${n} ${what}s`;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Two decimals: what is shown is what is computed with. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
