import { checkBias, productLengths } from '../../checks.ts';
import type { MatmulOptions, NDArray } from '../../contract.ts';
import { input, kernelCall, result, workspace } from '../runtime/operands.ts';
import { type Job, runInTurn } from '../runtime/threads.ts';
import { zeroBias } from '../runtime/zeroBias.ts';
import { planFor, type Step } from './plan.ts';

/**
 * Matrix products, batched, in every transposition: plan.ts says how. The jobs of a product (B into panels, tiles, pieces of k
 * joined) open together.
 */
export function matmul(a: NDArray, b: NDArray, options: MatmulOptions = {}): NDArray {
  const { transposeA = false, transposeB = false, bias = null, relu = false } = options;
  const { m, k, n } = productLengths(a, b, options);
  checkBias('matmul', bias, n);
  return kernelCall(() => {
    const y = result(a.shape.length === 2 ? [m, n] : [...a.shape.slice(0, -2), m, n]);
    if (y.data.length === 0) return y;
    const matrices = y.data.length / (m * n);
    const plan = planFor(matrices, m, k, n, Number(transposeA), Number(transposeB));
    const { pack, tiles, join, biasStep } = plan;
    const left = input(a.data);
    const right = input(b.data);
    const c = y.data.byteOffset;
    const [start, step] = bias === null ? [zeros(), 0] : [input(bias.data), biasStep];
    const clip = relu ? 1 : 0;
    const panels = pack === null ? right : workspace(pack.floats).byteOffset;
    const pieces = join === null ? c : workspace(tiles.floats).byteOffset;
    const jobs: Job[] = [];
    if (pack !== null) jobs.push(job(pack, right, panels));
    if (join === null) jobs.push(job(tiles, left, panels, c, start, step, clip));
    else {
      jobs.push(job(tiles, left, panels, pieces, zeros(), 0, 0));
      jobs.push(job(join, pieces, c, bias === null ? 0 : start, clip));
    }
    runInTurn(jobs);
    return y;
  });
}

const job = ({ kernel, name, items, grain, sizes }: Step, ...addresses: number[]): Job =>
  kernel.job(name, items, grain, ...addresses, ...sizes);

/** As wide as the widest panel. */
const zeros = (): number => zeroBias(64);
