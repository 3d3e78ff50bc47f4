import type { AdamStep } from '../../contract.ts';
import { type F32x4, f32, i32 } from '../builder/index.ts';
import { compileKernel, kernelModule } from '../runtime/kernel.ts';
import { kernelCall } from '../runtime/operands.ts';
import { eachBlock, eachVectorOfBlock, flushDenormals, runTable, squareOf, withTable } from './list.ts';

/**
 * torch.optim.Adam and AdamW in one pass over all parameters. The moments are moved towards g and g^2,
 *   m += (1 - beta1) (g - m),   v += (1 - beta2) (g^2 - v),
 * which is the textbook formula without the rounding of beta to float32: near 1 that is an error in 1 - beta. The bias
 * corrections come in as two factors: w = decay w - rate m / (rootScale sqrt(v) + eps).
 */
const signature = {
  ...{ begin: i32, end: i32, table: i32, move1: f32, move2: f32, rate: f32, rootScale: f32, eps: f32 },
  /** Weight decay: `penalty` is added to the gradient, `decay` multiplies the parameter. */
  ...{ penalty: f32, decay: f32 },
};

const kernel = () =>
  compileKernel('adam', () =>
    kernelModule('adam', (m) => {
      for (const amsgrad of [false, true]) {
        m.func(amsgrad ? 'amsgrad' : 'adam', signature, (f, args) => {
          const move1 = f.let(args.move1.splat());
          const move2 = f.let(args.move2.splat());
          const rate = f.let(args.rate.splat());
          const rootScale = f.let(args.rootScale.splat());
          const eps = f.let(args.eps.splat());
          const penalty = f.let(args.penalty.splat());
          const decay = f.let(args.decay.splat());
          eachBlock(f, args.begin, args.end, args.table, ({ address, count }) => {
            const w = address(0);
            const gradient = address(1);
            const firstMoment = address(2);
            const secondMoment = address(3);
            const maximum = amsgrad ? address(4) : w;
            eachVectorOfBlock(f, count, 1, (at, constant, store) => {
              const weight = f.let(f.load4(w.plus(at), constant));
              const g = f.let(weight.madd(penalty, f.load4(gradient.plus(at), constant)));
              const m0 = f.let(f.load4(firstMoment.plus(at), constant));
              const m1 = f.let(flushDenormals(f.let(g.minus(m0).madd(move1, m0))));
              const v0 = f.let(f.load4(secondMoment.plus(at), constant));
              const v1 = f.let(flushDenormals(f.let(squareOf(g).minus(v0).madd(move2, v0))));
              store(firstMoment, m1);
              store(secondMoment, v1);
              let v: F32x4 = v1;
              if (amsgrad) {
                v = f.let(v1.max(f.load4(maximum.plus(at), constant)));
                store(maximum, v);
              }
              const root = v.sqrt().madd(rootScale, eps);
              store(w, weight.times(decay).minus(m1.times(rate).div(root)));
            });
          });
        });
      }
    }),
  );

export function adamStep(step: AdamStep): void {
  const { parameters, gradients, firstMoments, secondMoments, maxSecondMoments } = step;
  const { lr, beta1, beta2, eps, weightDecay, decoupled } = step;
  const rate = lr / (1 - beta1 ** step.step);
  const rootScale = 1 / Math.sqrt(1 - beta2 ** step.step);
  const penalty = decoupled ? 0 : weightDecay;
  const decay = decoupled ? 1 - lr * weightDecay : 1;
  const lists = [parameters, gradients, firstMoments, secondMoments];
  if (maxSecondMoments !== null) lists.push(maxSecondMoments);
  kernelCall(() =>
    withTable(lists, [true, false, true, true, true], (table) =>
      runTable(
        kernel(),
        maxSecondMoments === null ? 'adam' : 'amsgrad',
        table,
        ...[1 - beta1, 1 - beta2, rate, rootScale, eps, penalty, decay],
      ),
    ),
  );
}
