import { shown } from '../errors.ts';
import { checkCount, checkNumber, checkOptions } from '../options.ts';

/**
 * The learning rate over time: from the number of optimizer steps already taken (0 before the first) to a factor of the
 * base lr. Pure functions, so resuming a run needs no state: `optimizer.lr = lr * schedule(step)`.
 */
export type Schedule = (step: number) => number;

export function constant(): Schedule {
  return () => 1;
}

/** Multiplied by gamma at each milestone (He et al. 2016: a tenth at 32,000 and 48,000 steps). */
export function stepDecay(options: { milestones: readonly number[]; gamma?: number }): Schedule {
  checkOptions('stepDecay', options, ['milestones', 'gamma']);
  const { milestones, gamma = 0.1 } = options;
  if (!Array.isArray(milestones)) {
    throw new Error(
      `stepDecay: milestones are a list of steps, such as [32000, 48000], got ${shown(milestones)}.`,
    );
  }
  for (const milestone of milestones) checkNumber('stepDecay', 'each milestone', milestone, 0);
  checkNumber('stepDecay', 'gamma', gamma, 0);
  return (step) => gamma ** milestones.filter((milestone) => step >= milestone).length;
}

/** Half a cosine from 1 to `end` (0) over `steps` (Loshchilov and Hutter 2017, without restarts); then it stays. */
export function cosine(options: { steps: number; end?: number }): Schedule {
  const { steps, end = 0 } = checked('cosine', options);
  return (step) => end + ((1 - end) * (1 + Math.cos(Math.PI * progress(step, steps)))) / 2;
}

/** A straight line from 1 to `end` (0) over `steps`; then it stays. */
export function linear(options: { steps: number; end?: number }): Schedule {
  const { steps, end = 0 } = checked('linear', options);
  return (step) => 1 + (end - 1) * progress(step, steps);
}

/**
 * The first `steps` steps rise in a straight line, 1/steps, 2/steps, ... 1 (Goyal et al. 2017), times `schedule`, whose
 * clock runs from the very first step: its milestones and lengths count the warm-up in.
 */
export function withWarmup(options: { steps: number }, schedule: Schedule): Schedule {
  checkOptions('withWarmup', options, ['steps']);
  const { steps } = options;
  checkNumber('withWarmup', 'steps', steps, 0);
  if (typeof schedule !== 'function') {
    throw new Error(
      `withWarmup: schedule must be one of the others, such as constant(), got ${shown(schedule)}.`,
    );
  }
  return (step) => (step < steps ? (step + 1) / steps : 1) * schedule(step);
}

/** The lr for another batch size, in proportion (Goyal et al. 2017): lr * batch / referenceBatch. */
export function scaledLr(lr: number, batch: number, referenceBatch: number): number {
  checkNumber('scaledLr', 'lr', lr, 0);
  checkCount('scaledLr', 'batch', batch);
  checkCount('scaledLr', 'referenceBatch', referenceBatch);
  return (lr * batch) / referenceBatch;
}

function progress(step: number, steps: number): number {
  return Math.min(step / steps, 1);
}

function checked<T extends { steps: number; end?: number }>(name: string, options: T): T {
  checkOptions(name, options, ['steps', 'end']);
  checkNumber(name, 'end', options.end ?? 0, 0);
  if (Number.isFinite(options.steps) && options.steps > 0) return options;
  throw new Error(
    `${name}: steps must be at least 1, got ${shown(options.steps)}. It is the length of the whole run.`,
  );
}
