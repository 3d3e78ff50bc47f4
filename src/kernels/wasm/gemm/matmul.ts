import type { NDArray, Shape } from '../../contract.ts';
import { input, kernelCall, result, scratch } from '../runtime/operands.ts';
import { type Job, runInTurn } from '../runtime/threads.ts';
import { zeroBias } from '../runtime/zeroBias.ts';
import { planFor, type Step } from './plan.ts';

export interface MatmulOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  bias?: NDArray | null;
  relu?: boolean;
}

/**
 * Matrix products, batched, in every transposition: plan.ts says how. The jobs of a product (B into panels, tiles, pieces of k
 * joined) open together.
 */
export function matmul(a: NDArray, b: NDArray, options: MatmulOptions = {}): NDArray {
  const { transposeA = false, transposeB = false, bias = null, relu = false } = options;
  const rank = a.shape.length;
  const [rowsA, widthA] = [a.shape[rank - 2], a.shape[rank - 1]];
  const [rowsB, widthB] = [b.shape[b.shape.length - 2], b.shape[b.shape.length - 1]];
  const m = transposeA ? widthA : rowsA;
  const k = transposeA ? rowsA : widthA;
  const n = transposeB ? rowsB : widthB;
  if (k !== (transposeB ? widthB : rowsB) || !sameLeading(a.shape, b.shape)) {
    const mark = (transpose: boolean) => (transpose ? ' transposed' : '');
    throw new RangeError(
      `matmul of [${a.shape}]${mark(transposeA)} and [${b.shape}]${mark(transposeB)}: ` +
        'the inner lengths and the leading axes must agree',
    );
  }
  return kernelCall(() => {
    const y = result(rank === 2 ? [m, n] : [...a.shape.slice(0, -2), m, n]);
    if (y.data.length === 0) return y;
    const matrices = y.data.length / (m * n);
    const { pack, tiles, join, biasStep } = planFor(
      matrices,
      m,
      k,
      n,
      Number(transposeA),
      Number(transposeB),
    );
    const left = input(a.data);
    const right = input(b.data);
    const c = y.data.byteOffset;
    const [start, step] = bias === null ? [zeros(), 0] : [input(bias.data), biasStep];
    const clip = relu ? 1 : 0;
    const panels = pack === null ? right : scratch(pack.floats).byteOffset;
    const pieces = join === null ? c : scratch(tiles.floats).byteOffset;
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
const zeros = (): number => zeroBias(32);

function sameLeading(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length - 2; i++) if (a[i] !== b[i]) return false;
  return true;
}
