import { PytorchError } from '../errors.ts';
import type { TrainConfig } from '../train/config.ts';
import type { TrainData } from '../train/data.ts';
import type { ParityCase } from './cases.ts';
import { compareSteps, FLOAT32_SEEDS, isBeyond, LIMITS, type Parity } from './parity.ts';
import { PytorchEnded } from './process.ts';
import type { TorchWorker } from './worker.ts';

/** A case and what came of it; `problem` is why there is nothing to compare. */
export interface ParityResult extends ParityCase {
  parity: Parity | null;
  problem: string | null;
}

/**
 * The cases one after the other. What PyTorch cannot do, or this library refuses to build, is a result and does not end the rest; throws a
 * PytorchEnded where PyTorch's process is gone.
 */
export async function compareAll(
  cases: readonly ParityCase[],
  dataOf: (config: TrainConfig) => TrainData | Promise<TrainData>,
  { steps, torch, onEach }: { steps: number; torch: TorchWorker; onEach?: (result: ParityResult) => void },
): Promise<ParityResult[]> {
  const results: ParityResult[] = [];
  for (const each of cases) {
    const result = { ...each, ...(await compared(each.config, dataOf, steps, torch)) };
    results.push(result);
    onEach?.(result);
  }
  return results;
}

async function compared(
  config: TrainConfig,
  dataOf: (config: TrainConfig) => TrainData | Promise<TrainData>,
  steps: number,
  torch: TorchWorker,
): Promise<Pick<ParityResult, 'parity' | 'problem'>> {
  try {
    return { parity: await compareSteps(config, dataOf, steps, torch), problem: null };
  } catch (error) {
    if (error instanceof PytorchEnded) throw error;
    // A plain Error is what this library throws for networks that cannot be
    if (!(error instanceof PytorchError) && (error as Error).constructor !== Error) throw error;
    return { parity: null, problem: (error as Error).message };
  }
}

/** The heads of a table of results, behind that of its rows. */
export const heads = ['runs', 'float64', 'first', 'float32', 'PyTorch'] as const;

/** The furthest of some results, as a row of that table, and whether all passed. */
export function summaryRow(results: readonly ParityResult[]): { cells: string[]; passed: boolean } {
  const compared = results.flatMap(({ parity }) => parity ?? []);
  const worst = (of: (parity: Parity) => number) => shownDistance(Math.max(...compared.map(of)));
  return {
    cells: [
      `${compared.filter(({ passed }) => passed).length} of ${results.length}`,
      worst(({ float64 }) => float64),
      worst(({ first }) => first),
      worst(({ float32 }) => float32.ours),
      worst(({ float32 }) => float32.torch),
    ],
    passed: results.every(({ parity }) => parity?.passed),
  };
}

/** `3.1e-15`; 0 for what is equal to the last bit. */
function shownDistance(distance: number): string {
  if (distance === Number.NEGATIVE_INFINITY) return '–';
  return distance === 0 ? '0' : distance.toExponential(1);
}

/** Of one that did not pass: which limit it is beyond. */
export function whyNot({ parity, problem }: ParityResult): string {
  if (parity === null) return problem ?? '';
  const { float64, first, float32 } = parity;
  const beyond = [
    float64 > LIMITS.float64 &&
      `float64 ${shownDistance(float64)}, at most ${LIMITS.float64.toExponential()}`,
    first > LIMITS.first &&
      `first losses in float32 ${shownDistance(first)}, at most ${LIMITS.first.toExponential()}`,
    isBeyond(float32) && `float32 ${shownDistance(float32.ours)}, PyTorch ${shownDistance(float32.torch)}`,
  ];
  return beyond.filter(Boolean).join('; ');
}

/** What the columns are, in words. */
export function legend(steps: number): string[] {
  return [
    `float64: largest distance of the two engines' losses over ${steps} steps and one batch of the test, relative to the loss; at most ${LIMITS.float64}.`,
    `first: in float32, of the loss of the first step and of the test behind it; at most ${LIMITS.first.toExponential()}. (Convolutions by Winograd's ` +
      'algorithm round more than direct ones, which NORMGRAD_WINOGRAD=0 takes.)',
    `float32: this engine's float32 from PyTorch's float64, the lower quartile of the steps of ${FLOAT32_SEEDS.first} seeds, and where these are beyond the limit, of ${FLOAT32_SEEDS.others} others; at most ` +
      `${LIMITS.timesTorch} times PyTorch's own float32 (the next column), or ${LIMITS.floor.toExponential(1)}, two units in the last place; and finite.`,
  ];
}
