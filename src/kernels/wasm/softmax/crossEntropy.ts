import { checkLabels } from '../../checks.ts';
import type { NDArray } from '../../contract.ts';
import { f32, f32x4, f64, i32 } from '../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../runtime/kernel.ts';
import { input, kernelCall, result, workspace } from '../runtime/operands.ts';
import { exp, log } from '../templates/math.ts';
import { DoubleSum, eachRow } from './lines.ts';

/**
 * Softmax cross-entropy over [N, C]. `forward` leaves the probabilities, and for each sample a loss in float64, which `mean`
 * adds up in their order: the same bits for any number of threads. With l = max + log sum e^(x - max) the loss of a sample is
 *   (1 - smoothing) (l - x_label) + smoothing / C (C l - sum x)
 */
const crossEntropyKernel = (): Kernel =>
  compileKernel('cross entropy', () =>
    kernelModule('cross entropy', (m) => {
      const signature = {
        ...{ begin: i32, end: i32, count: i32, x: i32, labels: i32, y: i32, losses: i32 },
        /** 1 - smoothing and smoothing / C. */
        ...{ weight: f64, share: f64 },
      };
      m.func('forward', signature, (f, args) => {
        const { x, labels, y, losses, weight, share } = args;
        eachRow(f, args, (line, start, row) => {
          const largest = f.local(f32x4, Number.NEGATIVE_INFINITY);
          line.each((cell) => largest.set(largest.max(cell.load(x, Number.NEGATIVE_INFINITY))));
          const max = line.foldMax(largest);
          const sum = new DoubleSum(f);
          line.each((cell) => {
            const e = f.let(exp(f, cell.load(x, Number.NEGATIVE_INFINITY).minus(max)));
            sum.add(e);
            cell.store(y, e);
          });
          const total = line.foldSum(sum);
          line.each((cell) => cell.store(y, cell.load(y, 0).div(total)));
          const logSum = f.let(log(f, total).lane(0).toF64().plus(max.lane(0).toF64()));
          const label = f.loadI32(labels.plus(row.shl(2)));
          const chosen = f.loadF32(x.plus(start).plus(label.shl(2))).toF64();
          const loss = f.let(weight.times(logSum.minus(chosen)));
          // Without smoothing a class of probability zero must not count: 0 times infinity is NaN.
          f.if(share.gt(0), () => {
            const all = new DoubleSum(f);
            line.each((cell) => all.add(f.let(cell.load(x, 0))));
            loss.set(loss.plus(share.times(args.count.toF64().times(logSum).minus(all.total()))));
          });
          f.storeF64(losses.plus(row.shl(3)), loss);
        });
      });
      m.func('mean', { losses: i32, count: i32, loss: i32 }, (f, { losses, count, loss }) => {
        const total = f.local(f64);
        f.for(0, count, 1, (i) => total.set(total.plus(f.loadF64(losses.plus(i.shl(3))))));
        f.storeF32(loss, total.div(count.toF64()).toF32());
      });
      const backward = {
        ...{ begin: i32, end: i32, count: i32, p: i32, labels: i32, dx: i32 },
        /** dloss / N, then what the targets are: of every class, and of the label on top. */
        ...{ scale: f32, share: f32, weight: f32 },
      };
      m.func('backward', backward, (f, args) => {
        const { p, labels, dx } = args;
        const scale = f.let(args.scale.splat());
        const share = f.let(args.share.splat());
        eachRow(f, args, (line, start, row) => {
          line.each((cell) => cell.store(dx, cell.load(p, 0).minus(share).times(scale)));
          const at = f.let(start.plus(f.loadI32(labels.plus(row.shl(2))).shl(2)));
          const value = f.loadF32(p.plus(at)).minus(args.weight.plus(args.share)).times(args.scale);
          f.storeF32(dx.plus(at), value);
        });
      });
    }),
  );

/** Numbers to a part: about 10 us, at some 2 ns each. */
const grainFor = (classes: number): number => Math.ceil(8192 / (classes + 8));

export function crossEntropy(
  logits: NDArray,
  labels: Int32Array,
  smoothing: number,
): { loss: NDArray; probabilities: NDArray } {
  const [batch, classes] = logits.shape;
  checkLabels(labels, logits.shape);
  return kernelCall(() => {
    const kernel = crossEntropyKernel();
    const probabilities = result(logits.shape);
    const loss = result([]);
    const losses = workspace(batch * 2).byteOffset;
    const addresses = [input(logits.data), input(labels), probabilities.data.byteOffset, losses];
    const share = smoothing / classes;
    kernel.range('forward', batch, grainFor(classes), classes, ...addresses, 1 - smoothing, share);
    kernel.call('mean', losses, batch, loss.data.byteOffset);
    return { loss, probabilities };
  });
}

export function crossEntropyBackward(
  dloss: NDArray,
  probabilities: NDArray,
  labels: Int32Array,
  smoothing: number,
): NDArray {
  const [batch, classes] = probabilities.shape;
  return kernelCall(() => {
    const dx = result(probabilities.shape);
    const addresses = [input(probabilities.data), input(labels), dx.data.byteOffset];
    const weights = [dloss.data[0] / batch, smoothing / classes, 1 - smoothing];
    crossEntropyKernel().range('backward', batch, grainFor(classes), classes, ...addresses, ...weights);
    return dx;
  });
}
