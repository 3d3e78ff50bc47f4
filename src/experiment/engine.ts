import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendName, matmul, noGrad, tensor } from '../autograd/index.ts';
import { toJson } from '../json.ts';
import { type ExperimentRun, planRuns, smokeSettings } from './plan.ts';
import type { RunRecord } from './results.ts';
import { runExperiment } from './run.ts';
import type { Experiment } from './spec.ts';

/**
 * By what stored results were made. The same version gives the same bits, but a version number does not change with every line:
 * what tells engines apart is what they make of a miniature of the experiment, every arm trained for a step or two. Where that comes
 * out otherwise, the results are of another engine and are to be made anew. (Of other settings are those whose runs have other names.)
 */
export interface Engine {
  /** Of the miniature's weights and scores: 16 hex digits of SHA-256. */
  digest: string;
  /** Engines of different arithmetic cannot be compared: they agree only to rounding. */
  arithmetic: string;
  /** The day. */
  made: string;
}

/** Trains the miniature, in a folder that is gone afterwards. */
export async function engineOf(experiment: Experiment, now = new Date()): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-miniature-'));
  try {
    const runs = await runExperiment(experiment, miniature(experiment), { folder });
    return { digest: engineDigest(runs), arithmetic: arithmetic(), made: now.toISOString().slice(0, 10) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every arm of an experiment, once, on a handful of drawn digits. */
export function miniature(experiment: Experiment): ExperimentRun[] {
  const overrides = { ...smokeSettings(experiment), limit: 32, testLimit: 10 };
  return planRuns(experiment, { seeds: [1], overrides });
}

export function engineDigest(runs: readonly RunRecord[]): string {
  const facts = runs.map(({ seconds: _, run: __, ...facts }) => toJson(facts));
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16);
}

/** The kernels, and whether a product is rounded before something is added to it, which the processor decides. */
export function arithmetic(): string {
  const x = 1 + 2 ** -12;
  // The square of x is 1 + 2^-11 + 2^-24, and rounded to float32 1 + 2^-11.
  const rest = noGrad(() => matmul(tensor([[1, x]]), tensor([[-1 - 2 ** -11], [x]])).item());
  return `${backendName()}, ${rest === 0 ? 'products rounded' : 'fused multiply-add'}`;
}
