import { noGrad } from '../../../autograd/index.ts';
import { findNorm } from '../../../nn/norm/createNorm.ts';
import type { NormEntry, NormOptions } from '../../../nn/norm/registry.ts';
import { createSubject } from '../../../teach/subject.ts';
import { turn } from '../../engine/turn.ts';
import type { EvaluationState, EvaluationView, ExampleRow } from './state.ts';
import { batches, createStream, hold, rootMeanSquare } from './stream.ts';

const sizes = [2, 4, 8, 16, 32, 64];
/** Batches over which the gap of a size is taken. */
const compared = 20;

/** What the running statistics are after so many batches, and what that means for y; then size by size the gaps, which take longer. */
export async function* evaluationAnswer(state: EvaluationState): AsyncGenerator<EvaluationView, void> {
  const entry = findNorm(state.norm);
  const options = optionsOf(state);
  const { courses, x, training } = streamed(entry, state, options);
  const running = courses.map((course) => rounded(course.running.at(-1)!));
  const request = running.length > 0 ? { x: [x], running } : { x: [x] };
  const subject = createSubject(entry, { ...request, mode: 'eval' });
  const evaluation = noGrad(() => subject.forward().toArray());
  const view: EvaluationView = {
    courses,
    x,
    training,
    evaluation,
    running,
    gap: rootMeanSquare(training, evaluation),
    gaps: sizes.map((batch) => ({ batch, gap: null })),
    example: entry.name === 'batch' ? exampleRows(entry, state) : null,
  };
  yield view;
  const gaps = [...view.gaps];
  for (const [i, batch] of sizes.entries()) {
    await turn();
    gaps[i] = { batch, gap: gapOf(entry, { ...state, batch }, options) };
    yield { ...view, gaps };
  }
}

/** BatchNorm alone lets its running variance be chosen here; of InstanceNorm there is none. */
function optionsOf({ norm, momentum, variance }: EvaluationState): NormOptions {
  return norm === 'batch' ? { momentum, runningVar: variance } : { momentum };
}

function streamed(entry: NormEntry, state: EvaluationState, options: NormOptions) {
  const source = batches(state.seed, state.batch);
  let x = source.next().value;
  const stream = createStream(entry, x, options);
  // With momentum 1 the running statistics are those of the batch alone
  const alone = createStream(entry, x, { ...options, momentum: 1 });
  const courses = stream.running().map(({ name, value }) => ({
    name,
    start: value,
    batch: [] as number[],
    running: [] as number[],
    offBy: 0,
  }));
  hold(stream.layer, state.layer);
  let training: number[] = [];
  for (let i = 0; i < state.seen; i++) {
    if (i > 0) x = source.next().value;
    training = stream.train(x);
    alone.train(x);
    const [now, ofBatch] = [stream.running(), alone.running()];
    for (const [k, course] of courses.entries()) follow(course, ofBatch[k].value, now[k].value, state);
  }
  return { courses, x, training };
}

/** Adds a batch to the course, and compares the layer's number with the formula's. */
function follow(
  course: { batch: number[]; running: number[]; start: number; offBy: number },
  batch: number,
  running: number,
  { momentum, layer }: EvaluationState,
): void {
  const old = course.running.at(-1) ?? course.start;
  const expected = layer === 'frozen' ? old : (1 - momentum) * old + momentum * batch;
  course.offBy = Math.max(course.offBy, Math.abs(running - expected));
  course.batch.push(batch);
  course.running.push(running);
}

/** How far training and evaluation are from each other with batches of this size, after as many as have been seen. */
function gapOf(
  entry: NormEntry,
  { seed, batch, seen, layer }: EvaluationState,
  options: NormOptions,
): number {
  const source = batches(seed, batch);
  const first = source.next().value;
  const stream = createStream(entry, first, options);
  hold(stream.layer, layer);
  stream.train(first);
  for (let i = 1; i < seen; i++) stream.train(source.next().value);
  let squares = 0;
  for (let i = 0; i < compared; i++) squares += rootMeanSquare(...stream.compare(source.next().value)) ** 2;
  return Math.sqrt(squares / compared);
}

function exampleRows(entry: NormEntry, { momentum, variance }: EvaluationState): ExampleRow[] {
  const x = [1, 2, 4, 7];
  const after = (options: NormOptions) => {
    const stream = createStream(entry, x, options);
    stream.train(x);
    const [mean, variance] = stream.running();
    return { runningMean: mean.value, runningVar: variance.value };
  };
  const conventions: [who: string, weight: number, ExampleRow['variance']][] = [
    ['PyTorch: momentum 0.1', 0.1, 'unbiased'],
    ['Keras, Flax: momentum 0.99', 0.01, 'biased'],
    ['as chosen above', momentum, variance],
  ];
  return conventions.map(([who, weight, variance]) => ({
    who,
    weight,
    variance,
    ...after({ momentum: weight, runningVar: variance }),
  }));
}

/** What the command can say in a few letters. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
