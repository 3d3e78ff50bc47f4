import type { RmspropStep } from '../../contract.ts';
import { f32, i32 } from '../builder/index.ts';
import { compileKernel, kernelModule } from '../runtime/kernel.ts';
import { kernelCall } from '../runtime/operands.ts';
import { eachBlock, eachVectorOfBlock, flushDenormals, runTable, squareOf, withTable } from './list.ts';

/**
 * torch.optim.RMSprop in one pass over all parameters, in four forms: with and without a mean to subtract, with and without
 * momentum. Averages are moved towards what is new, as in adam.ts:
 *   v += (1 - alpha) (g^2 - v),   d = g / (sqrt(v) + eps),   w -= lr d
 */
const signature = {
  ...{ begin: i32, end: i32, table: i32, move: f32, lr: f32, eps: f32, momentum: f32, penalty: f32 },
};

const nameOf = (centered: boolean, moving: boolean) =>
  `${centered ? 'centred' : 'plain'}${moving ? 'Momentum' : ''}`;

const kernel = () =>
  compileKernel('rmsprop', () =>
    kernelModule('rmsprop', (m) => {
      for (const centered of [false, true]) {
        for (const moving of [false, true]) {
          m.func(nameOf(centered, moving), signature, (f, args) => {
            const move = f.let(args.move.splat());
            const lr = f.let(args.lr.splat());
            const eps = f.let(args.eps.splat());
            const momentum = f.let(args.momentum.splat());
            const penalty = f.let(args.penalty.splat());
            eachBlock(f, args.begin, args.end, args.table, ({ address, count }) => {
              const w = address(0);
              const gradient = address(1);
              const squares = address(2);
              const means = centered ? address(3) : w;
              const velocity = moving ? address(centered ? 4 : 3) : w;
              eachVectorOfBlock(f, count, 1, (at, constant, store) => {
                const weight = f.let(f.load4(w.plus(at), constant));
                const g = f.let(weight.madd(penalty, f.load4(gradient.plus(at), constant)));
                const v0 = f.let(f.load4(squares.plus(at), constant));
                let v = f.let(flushDenormals(f.let(squareOf(g).minus(v0).madd(move, v0))));
                store(squares, v);
                if (centered) {
                  const m0 = f.let(f.load4(means.plus(at), constant));
                  const m1 = f.let(flushDenormals(f.let(g.minus(m0).madd(move, m0))));
                  store(means, m1);
                  v = f.let(v.minus(squareOf(m1)).max(f.let(f32(0).splat())));
                }
                const step = f.let(g.div(v.sqrt().plus(eps)));
                if (!moving) return store(w, lr.nmadd(step, weight));
                const b0 = f.load4(velocity.plus(at), constant);
                const b1 = f.let(flushDenormals(f.let(momentum.madd(b0, step))));
                store(velocity, b1);
                store(w, lr.nmadd(b1, weight));
              });
            });
          });
        }
      }
    }),
  );

export function rmspropStep(step: RmspropStep): void {
  const { parameters, gradients, squareAverages, gradientAverages, velocities } = step;
  const { lr, alpha, eps, momentum, weightDecay } = step;
  const lists = [parameters, gradients, squareAverages];
  if (gradientAverages !== null) lists.push(gradientAverages);
  if (velocities !== null) lists.push(velocities);
  const name = nameOf(gradientAverages !== null, velocities !== null);
  kernelCall(() =>
    withTable(lists, [true, false, true, true, true], (table) =>
      runTable(kernel(), name, table, 1 - alpha, lr, eps, momentum, weightDecay),
    ),
  );
}
