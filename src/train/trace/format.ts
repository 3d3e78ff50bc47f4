import * as v from 'valibot';

/**
 * A trace: what `train --trace` writes of a run for the interactive page, and what the page opens. One schema for both, so that
 * nothing in a file is believed before it has looked. It is small whatever the run is: tensors are summaries, steps are
 * thinned out. No import of Node: the page has this file, too.
 */
export const traceVersion = 1;

/** At most so many of each; the writer stays below, and the reader takes no more. */
export const most = {
  /** Steps that are kept, spread over the run. */
  steps: 100,
  /** Layers, and parameters. */
  layers: 1000,
  /** Operations of the tape. */
  operations: 2000,
  bins: 20,
  first: 8,
  /** Letters of a name, and inputs of an operation. */
  name: 200,
  inputs: 100,
  bytes: 50_000_000,
} as const;

const whole = v.pipe(v.number('must be a number'), v.safeInteger('must be a whole number'), v.minValue(0));
const finite = v.pipe(v.number('must be a number'), v.finite('must be finite'));
/** A loss, or the size of a gradient: NaN and the infinite ones included. */
const any = v.custom<number>((value) => typeof value === 'number', 'must be a number');
const name = v.pipe(v.string('must be a text'), v.maxLength(most.name, 'is too long'));
const list = <const S extends v.GenericSchema>(schema: S, longest: number) =>
  v.pipe(v.array(schema, 'must be a list'), v.maxLength(longest, `has more than ${longest} entries`));

/** How the numbers of a tensor are spread. All but the counts is of the finite ones; where there is none, 0. */
const spreadEntries = {
  /** How many numbers, of which `zeros` are 0 and `odd` are NaN or infinite. */
  size: whole,
  zeros: whole,
  odd: whole,
  mean: any,
  /** Population standard deviation. */
  std: any,
  min: finite,
  max: finite,
  /** How many lie in each twentieth of [min, max]. */
  bins: v.pipe(v.array(whole), v.length(most.bins, `must have ${most.bins} entries`)),
};
const spread = v.object(spreadEntries);

/** A tensor: how its numbers are spread, its Euclidean norm (NaN or infinite where a number is), the first few numbers. */
const summary = v.object({ ...spreadEntries, norm: any, first: list(any, most.first) });

const shape = list(whole, 10);

const operation = v.object({
  /** As the graph calls it: linear, batchNorm, relu, crossEntropy. */
  name,
  /** The path of the module whose forward pass computed it, the innermost: one of `layers`, or one with others inside; '' is the network and the loss behind it. */
  module: name,
  inputs: list(
    v.variant('from', [
      /** The result of an operation that came before, by its index. */
      v.object({ from: v.literal('operation'), index: whole }),
      /** A parameter, by its index in `parameters`. */
      v.object({ from: v.literal('parameter'), index: whole }),
      /** Images, masks, constants: what the step began with. */
      v.object({ from: v.literal('outside'), shape }),
    ]),
    most.inputs,
  ),
  shape,
  /** y. */
  data: summary,
  /** dL/dy; null where none came, since L does not depend on it or nothing behind it needs one. */
  gradient: v.nullable(summary),
});

const tape = v.object({
  /** Counted from 1 over the whole run. */
  step: whole,
  /** In the order in which they were computed: an input stands before. The last one is the loss. */
  operations: list(operation, most.operations),
  /** How many more there were, at the end, for which there was no room. */
  leftOut: whole,
  /** Of every parameter, in their order: its numbers, and dL/d(parameter) before clipping; null where none came. */
  parameters: list(v.object({ data: summary, gradient: v.nullable(summary) }), most.layers),
});

const step = v.object({
  /** Counted from 1 over the whole run, as `epoch` is. */
  step: whole,
  epoch: whole,
  /** Of this step's batch, before its update. */
  loss: any,
  /** The share that is classified rightly, 0 to 1. */
  accuracy: any,
  lr: any,
  /** What each of `layers` puts out (of several runs in a step, the last); null where it did not run. */
  activations: list(v.nullable(spread), most.layers),
  /** Euclidean norm of the gradient of each of `parameters`, before clipping; null where none came. */
  gradients: list(v.nullable(any), most.layers),
});

export const traceSchema = v.object({
  format: v.literal('normgrad trace', 'must be "normgrad trace"'),
  version: v.literal(traceVersion, `must be ${traceVersion}`),
  /** The run in short; `settings` has every one, as in config.json. */
  run: v.object({
    dataset: name,
    model: name,
    norm: name,
    optimizer: name,
    lr: any,
    batchSize: whole,
    epochs: whole,
    seed: finite,
    settings: v.record(name, v.unknown()),
  }),
  /** What computes by itself: modules within whose forward pass no other's ran, in the order in which they ran. */
  layers: list(v.object({ path: name, type: name }), most.layers),
  /** `layer`: the index of the layer that has it; null where a module with others inside has it. */
  parameters: list(v.object({ name, layer: v.nullable(whole), shape }), most.layers),
  /** The first one, the last one, and others at equal distances between them. */
  steps: list(step, most.steps + 2),
  tape: v.nullable(tape),
});

export type Trace = v.InferOutput<typeof traceSchema>;
export type TraceStep = Trace['steps'][number];
export type Tape = NonNullable<Trace['tape']>;
export type TapeOperation = Tape['operations'][number];
export type Spread = v.InferOutput<typeof spread>;
export type Summary = v.InferOutput<typeof summary>;
