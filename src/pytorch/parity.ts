import { PytorchError } from '../errors.ts';
import type { TrainConfig } from '../train/config.ts';
import type { TrainData } from '../train/data.ts';
import { type FirstSteps, firstBatches, inOurs, inTorch, type Losses, type Trained } from './firstSteps.ts';
import type { TorchWorker } from './worker.ts';

/** How far the losses of a run are apart, relative to their size. */
export interface Parity {
  steps: number;
  /** This engine's and PyTorch's in float64, at most. */
  float64: number;
  /** In float32 the first loss and, in evaluation mode, that behind the first step, before rounding errors have grown: the larger one. */
  first: number;
  /** This engine's in float32, and PyTorch's, from PyTorch's in float64: the lower quartile of all steps and seeds. */
  float32: { ours: number; torch: number };
  passed: boolean;
}

/**
 * Rounding errors grow from step to step, in both engines alike; in float64 they stay far below its limit. In float32 one of them
 * sooner or later decides on which side of a ReLU, or of a pooling, a number falls, and from there on a run parts from that in float64:
 * in which step, and in which engine first, is chance. So runs of several seeds are taken, each beside its own in float64, and of all
 * their steps the lower quartile: an engine that loses digits loses them in every step. Where three seeds are beyond the limit, nine
 * others decide: among hundreds of networks there are some whose three part early here, and not in PyTorch. `floor`: two units in the
 * last place of a loss. Beside that, float32 must never leave the finite numbers where PyTorch's does not.
 */
export const LIMITS = { float64: 1e-9, first: 1e-6, timesTorch: 2, floor: 2 ** -22 };
export const FLOAT32_SEEDS = { first: 3, others: 9 };

/**
 * Trains one run for `steps` steps in both engines, from the same first weights, on the same batches, with the same masks of dropout
 * and the same noise, in float64 and, with other seeds, too, in float32. Throws a PytorchError for what PyTorch cannot do.
 */
export async function compareSteps(
  config: TrainConfig,
  dataOf: (config: TrainConfig) => TrainData | Promise<TrainData>,
  steps: number,
  torch: TorchWorker,
): Promise<Parity> {
  const runOf = async (i: number): Promise<FirstSteps> => {
    const seeded = { ...config, seed: config.seed + i };
    const data = await dataOf(seeded);
    return { config: seeded, data, batches: firstBatches(data, steps), torch };
  };
  const inFloat32 = async (from: number, count: number) => {
    const runs: Float32Run[] = [];
    for (let i = from; i < from + count; i++) runs.push(await float32Run(await runOf(i)));
    return runs;
  };
  const few = await inFloat32(0, FLOAT32_SEEDS.first);
  // Plain loops: one seed of float64 tells whether the mathematics agrees
  const float64 = apart((await inOurs(await runOf(0), 'float64')).losses, few[0].exact);
  let found = distancesOf(few);
  if (isBeyond(found.float32) && Number.isFinite(found.float32.ours)) {
    const { first } = found;
    found = distancesOf(await inFloat32(FLOAT32_SEEDS.first, FLOAT32_SEEDS.others));
    found.first = Math.max(first, found.first);
  }
  const { first, float32 } = found;
  const passed = float64 <= LIMITS.float64 && first <= LIMITS.first && !isBeyond(float32);
  return { steps, float64, first, float32, passed };
}

/** Beyond what this engine's float32 may be off PyTorch's float64, where PyTorch's own is so far off. */
export function isBeyond({ ours, torch }: Parity['float32']): boolean {
  return ours > Math.max(LIMITS.timesTorch * torch, LIMITS.floor);
}

/** A run in float32, and what it is measured by. */
interface Float32Run {
  ours: Trained;
  torch: Trained;
  /** PyTorch's in float64. */
  exact: Losses;
}

async function float32Run(run: FirstSteps): Promise<Float32Run> {
  const { losses: exact } = await inTorch(run, 'float64');
  const torch = await inTorch(run, 'float32');
  if (![...exact, ...torch.losses].every(Number.isFinite)) {
    throw new PytorchError('PyTorch: its loss leaves the finite numbers, so there is nothing to compare');
  }
  return { exact, torch, ours: await inOurs(run, 'float32') };
}

function distancesOf(runs: readonly Float32Run[]): Pick<Parity, 'first' | 'float32'> {
  const fromExact = (of: 'ours' | 'torch') => {
    const distances = runs.flatMap((each) =>
      each[of].losses.map((loss, i) => apart([loss], [each.exact[i]])),
    );
    return distances.includes(Number.POSITIVE_INFINITY) ? Number.POSITIVE_INFINITY : lowerQuartile(distances);
  };
  return {
    first: Math.max(...runs.map(({ ours, torch }) => apart(ours.first, torch.first))),
    float32: { ours: fromExact('ours'), torch: fromExact('torch') },
  };
}

function lowerQuartile(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 4)];
}

/** The largest distance relative to the second one's number. Where one has left the finite numbers, both must have. */
export function apart(ours: Losses, theirs: Losses): number {
  return ours.reduce((worst, loss, i) => {
    const other = theirs[i];
    if (!Number.isFinite(other)) return Number.isFinite(loss) ? Number.POSITIVE_INFINITY : worst;
    if (!Number.isFinite(loss)) return Number.POSITIVE_INFINITY;
    return Math.max(worst, Math.abs(loss - other) / Math.max(Math.abs(other), Number.MIN_VALUE));
  }, 0);
}
