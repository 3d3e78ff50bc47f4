import { constant, cosine, linear, type Schedule, stepDecay, withWarmup } from '../optim/index.ts';
import type { TrainConfig } from './config.ts';

/** The learning rate's factor over a run of `steps` steps. */
export function scheduleOf({ schedule, warmup }: TrainConfig, steps: number): Schedule {
  const base = {
    constant,
    cosine: () => cosine({ steps }),
    linear: () => linear({ steps }),
    step: () => stepDecay({ milestones: [Math.round(0.5 * steps), Math.round(0.75 * steps)] }),
  }[schedule]();
  return warmup > 0 ? withWarmup({ steps: warmup }, base) : base;
}
