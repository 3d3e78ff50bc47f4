import * as v from 'valibot';

/** A golden file that cannot be read: not JSON, or not of the format. The message names the file and the place in it. */
export class GoldenFileError extends Error {
  override name = 'GoldenFileError';
}

const tensor = v.pipe(
  v.object({
    shape: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
    // One check for all numbers: files hold many
    data: v.custom<number[]>(
      (value) => Array.isArray(value) && value.every(Number.isFinite),
      'expected an array of finite numbers',
    ),
  }),
  v.check(
    ({ shape, data }) => shape.reduce((size, length) => size * length, 1) === data.length,
    ({ input: { shape, data } }) =>
      `shape [${shape.join(', ')}] does not hold the ${data.length} values of data`,
  ),
);

const named = { name: v.string(), op: v.string() };
const attributes = v.optional(v.record(v.string(), v.unknown()), {});
const tensors = v.record(v.string(), tensor);

/** An operation: `grads` belong to sum(y upstream), y the first of `outputs`; to y itself where upstream is null. */
const operationCase = v.object({
  ...named,
  attrs: attributes,
  inputs: tensors,
  upstream: v.nullish(tensor, null),
  outputs: v.pipe(
    tensors,
    v.check((outputs) => Object.keys(outputs).length > 0, 'needs at least one output'),
  ),
  grads: v.optional(tensors, {}),
});

/** An optimizer: gradSequence[t][i] is fed at step t to parameter i; paramSequence[t][i] is the parameter after it. */
const optimizerCase = v.pipe(
  v.object({
    ...named,
    attrs: attributes,
    inputs: tensors,
    gradSequence: v.array(v.array(tensor)),
    paramSequence: v.array(v.array(tensor)),
  }),
  v.check(
    ({ inputs, gradSequence, paramSequence }) =>
      gradSequence.length === paramSequence.length &&
      [...gradSequence, ...paramSequence].every((list) => list.length === Object.keys(inputs).length),
    'gradSequence and paramSequence need one list per step, with one tensor per input',
  ),
);

const layer = v.looseObject({ type: v.string(), params: v.optional(tensors, {}) });

/** A training run: `batches` used in turn, `losses` of every step. */
const trainingCase = v.pipe(
  v.object({
    ...named,
    layers: v.array(layer),
    optimizer: v.looseObject({ type: v.string() }),
    steps: v.pipe(v.number(), v.integer(), v.minValue(1)),
    batches: v.pipe(v.array(v.object({ x: tensor, labels: tensor })), v.minLength(1)),
    losses: v.array(v.number()),
    finalParams: v.array(tensors),
    evalLogitsOnBatch0: tensor,
  }),
  v.check(
    ({ layers, losses, steps, finalParams }) =>
      losses.length === steps && finalParams.length === layers.length,
    'needs one loss per step and one entry of finalParams per layer',
  ),
);

const anyCase = v.lazy((value) => {
  if (typeof value !== 'object' || value === null) return operationCase;
  if ('layers' in value) return trainingCase;
  return 'gradSequence' in value ? optimizerCase : operationCase;
});

const goldenFile = v.object({
  family: v.string(),
  source: v.optional(v.string(), ''),
  cases: v.array(anyCase),
});

export type GoldenTensor = v.InferOutput<typeof tensor>;
export type OperationCase = v.InferOutput<typeof operationCase>;
export type OptimizerCase = v.InferOutput<typeof optimizerCase>;
export type TrainingCase = v.InferOutput<typeof trainingCase>;
export type GoldenLayer = v.InferOutput<typeof layer>;
export type GoldenCase = OperationCase | OptimizerCase | TrainingCase;
export interface GoldenFile {
  family: string;
  /** Who computed the numbers. */
  source: string;
  cases: GoldenCase[];
}

/** Reads a golden file from its text, or from the parsed JSON. `file` names it in errors. */
export function readGoldenFile(content: unknown, file = 'golden file'): GoldenFile {
  const json = typeof content === 'string' ? parse(content, file) : content;
  const result = v.safeParse(goldenFile, json, { abortEarly: true, abortPipeEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  throw new GoldenFileError(
    `${file}: not a golden file: ${place ? `${place}: ` : ''}${issue.message}. ` +
      'The format is { family, source, cases: [...] }; test/golden/README.md describes it.',
  );
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GoldenFileError(`${file}: not JSON: ${(error as Error).message}`);
  }
}
