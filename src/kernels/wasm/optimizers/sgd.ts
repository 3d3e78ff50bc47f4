import type { SgdStep } from '../../contract.ts';
import { f32, i32 } from '../builder/index.ts';
import { compileKernel, kernelModule } from '../runtime/kernel.ts';
import { kernelCall } from '../runtime/operands.ts';
import { eachBlock, eachVectorOfBlock, flushDenormals, runTable, withTable } from './list.ts';

/**
 * torch.optim.SGD in one pass over all parameters: with g = gradient + weightDecay w,
 *   v = momentum v + (1 - dampening) g (the first time v = g),   w -= lr v   (Nesterov: w -= lr (g + momentum v))
 */
const kernel = () =>
  compileKernel('sgd', () =>
    kernelModule('sgd', (m) => {
      m.func('plain', { begin: i32, end: i32, table: i32, lr: f32, weightDecay: f32 }, (f, args) => {
        const lr = f.let(args.lr.splat());
        const weightDecay = f.let(args.weightDecay.splat());
        eachBlock(f, args.begin, args.end, args.table, ({ address, count }) => {
          const w = address(0);
          const gradient = address(1);
          eachVectorOfBlock(f, count, 2, (at, constant, store) => {
            const weight = f.let(f.load4(w.plus(at), constant));
            const g = f.let(weight.madd(weightDecay, f.load4(gradient.plus(at), constant)));
            store(w, lr.nmadd(g, weight));
          });
        });
      });
      for (const nesterov of [false, true]) {
        const signature = {
          ...{ begin: i32, end: i32, table: i32, lr: f32, weightDecay: f32 },
          ...{ momentum: f32, gain: f32, keep: i32 },
        };
        m.func(nesterov ? 'nesterov' : 'momentum', signature, (f, args) => {
          const lr = f.let(args.lr.splat());
          const weightDecay = f.let(args.weightDecay.splat());
          const momentum = f.let(args.momentum.splat());
          const gain = f.let(args.gain.splat());
          const keep = f.let(args.keep.splat());
          eachBlock(f, args.begin, args.end, args.table, ({ address, count }) => {
            const w = address(0);
            const gradient = address(1);
            const velocity = address(2);
            eachVectorOfBlock(f, count, 2, (at, constant, store) => {
              const weight = f.let(f.load4(w.plus(at), constant));
              const g = f.let(weight.madd(weightDecay, f.load4(gradient.plus(at), constant)));
              const before = f.load4(velocity.plus(at), constant).and(keep);
              const v = f.let(flushDenormals(f.let(momentum.madd(before, g.times(gain)))));
              store(velocity, v);
              store(w, lr.nmadd(nesterov ? momentum.madd(v, g) : v, weight));
            });
          });
        });
      }
    }),
  );

export function sgdStep(step: SgdStep): void {
  const { parameters, gradients, velocities, lr, momentum, dampening, nesterov, weightDecay, first } = step;
  kernelCall(() => {
    if (velocities === null) {
      withTable([parameters, gradients], [true, false], (table) =>
        runTable(kernel(), 'plain', table, lr, weightDecay),
      );
      return;
    }
    const gain = first ? 1 : 1 - dampening;
    withTable([parameters, gradients, velocities], [true, false, true], (table) =>
      // The first velocity is the gradient, whatever the buffer held: `keep` masks it out.
      runTable(
        kernel(),
        nesterov ? 'nesterov' : 'momentum',
        table,
        lr,
        weightDecay,
        momentum,
        gain,
        first ? 0 : -1,
      ),
    );
  });
}
