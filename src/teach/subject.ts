import { differences, numericGradient } from '../autograd/differences.ts';
import { type GradcheckResult, noGrad, type Tensor, tensor, zeroGrad } from '../autograd/index.ts';
import { judge } from '../autograd/verdict.ts';
import type { Norm } from '../nn/norm/core/norm.ts';
import { RunningNorm } from '../nn/norm/core/running.ts';
import { type RuleTrace, traced } from '../nn/norm/core/trace.ts';
import type { NormEntry, NormOptions } from '../nn/norm/registry.ts';
import { createRandom } from '../random.ts';
import { createLayer, forwardOf } from './layer.ts';
import { place, round } from './placing.ts';
import type { Request } from './request.ts';

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

/** The layer and the input of a request. Throws where they do not fit each other. */
export function createSubject(entry: NormEntry, request: Request): Subject {
  const { values, upstream, shape, reading, options } = place(entry, request);
  const x = tensor(values, shape, { dtype: 'float64', requiresGrad: true });
  const layer = createLayer(entry, x, { ...options, detachStatistics: request.detach });
  const notes = setParameters(entry, layer, request);
  if (request.running && request.mode !== 'eval') {
    throw new Error('explain: --running is for --mode eval; in training the statistics are those of x.');
  }
  if (request.mode === 'eval') {
    notes.push(
      ...(request.running
        ? setRunningStatistics(entry, layer, request.running)
        : giveRunningStatistics(entry, layer, x)),
    );
  }
  const forward = forwardOf(layer, x);
  if (layer.activates) notes.push('the norm brings its own activation, which is part of y here.');
  const y = forward();
  const dy = upstream ?? (request.at ? oneHot(request.at, y) : randomUpstream(y.size));
  if (upstream && request.at) {
    throw new Error('explain: --at makes a gradient of its own, 1 at that element of y; leave out --g.');
  }
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

function randomUpstream(size: number): number[] {
  const random = createRandom('upstream');
  return Array.from({ length: size }, () => round(random.normal()));
}

function oneHot(index: readonly number[], { shape, size }: Tensor): number[] {
  const at = flatIndex(index, shape);
  return Array.from({ length: size }, (_, i) => (i === at ? 1 : 0));
}

/** Where the element of an index stands in row-major order. */
export function flatIndex(index: readonly number[], shape: readonly number[]): number {
  if (index.length !== shape.length || index.some((each, axis) => each < 0 || each >= shape[axis])) {
    throw new Error(
      `explain: --at ${index.join(',')} is no element of y [${shape.join(', ')}]: ` +
        `it takes ${shape.length} numbers from 0, up to ${shape.map((length) => length - 1).join(',')}.`,
    );
  }
  return index.reduce((flat, each, axis) => flat * shape[axis] + each, 0);
}

/** Runs the layer forward and backward, and returns what its rules wrote down. */
export function traceOf({ layer, x, upstream, forward }: Subject): RuleTrace[] {
  const clear = () => {
    layer.zeroGrad();
    zeroGrad(x);
  };
  clear();
  const { rules } = traced(() => forward().backward({ gradient: upstream }));
  clear();
  return rules;
}

/** dL/dx and dL/d(parameter) by the engine's backward pass. */
export function gradients({ x, upstream, layer, forward }: Subject) {
  layer.zeroGrad();
  zeroGrad(x);
  forward().backward({ gradient: upstream });
  const learned = [...layer.namedParameters()].map(([name, parameter]) => ({
    name,
    shape: parameter.shape,
    value: [...parameter.data],
    gradient: parameter.grad ? [...parameter.grad.data] : new Array<number>(parameter.size).fill(0),
  }));
  return { dx: x.grad ? x.grad.toArray() : new Array<number>(x.size).fill(0), learned };
}

const step = 1e-5;

/** dL/dx by central differences. */
export function numericDx({ x, upstream, forward }: Subject): number[] {
  return [...numericGradient(x, () => noGrad(() => forward().toArray()), upstream, step)];
}

/** Is this dL/dx, as gradcheck judges? */
export function checkDx({ x, upstream, forward }: Subject, dx: readonly number[]): GradcheckResult {
  const evaluate = () => noGrad(() => forward().toArray());
  const found = differences(x, evaluate, evaluate(), upstream, step);
  return judge({ name: 'x', shape: x.shape, x: x.data, analytic: dx }, found, 1e-7);
}

function setParameters(entry: NormEntry, layer: Norm, request: Request): string[] {
  const parameters = layer.namedParameters();
  for (const name of ['gamma', 'beta'] as const) {
    const values = request[name];
    if (!values) continue;
    const parameter = parameters.get(name);
    if (!parameter) {
      const names = [...parameters.keys()].join(', ') || 'none';
      throw new Error(`explain: ${entry.title} has no ${name}; the norm learns: ${names}.`);
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
  return ['gamma starts at 0, which would hide every path; here gamma is 0.5.'];
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
  const variance =
    '; the running variance divides by m − 1 where the batch divides by m, so σ differs a little from training';
  const unbiased = entry.view !== null && layer.namedBuffers().has('runningVar');
  return [`the running statistics are those of this very batch${unbiased ? variance : ''}.`];
}

/** The running statistics are the given ones, alike in every channel. */
function setRunningStatistics(entry: NormEntry, layer: Norm, running: readonly number[]): string[] {
  const buffers = [...runningBuffers(layer)];
  if (buffers.length === 0) {
    throw new Error(`explain: --running does not fit: ${entry.title} keeps no running statistics.`);
  }
  if (running.length !== buffers.length) {
    const names = buffers.map(([name]) => name).join(', ');
    throw new Error(
      `explain: --running needs ${buffers.length} for ${entry.title} (${names}), got ${running.length}.`,
    );
  }
  for (const [i, [name, { data }]] of buffers.entries()) {
    if (!/mean$/i.test(name) && !(running[i] >= 0)) {
      throw new Error(`explain: --running: ${name} must be at least 0, got ${running[i]}.`);
    }
    data.fill(running[i]);
  }
  layer.eval();
  const given = buffers.map(([name], i) => `${name} ${running[i]}`).join(', ');
  return [`the running statistics are the given ones: ${given}.`];
}

/** What evaluation takes in the place of the input's statistics, by name. */
export function runningBuffers(layer: Norm): Map<string, Tensor> {
  return new Map([...layer.namedBuffers()].filter(([name]) => /(^|\.)running/.test(name)));
}
