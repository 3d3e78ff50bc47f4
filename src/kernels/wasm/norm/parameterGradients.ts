import { type Address, type FunctionBuilder, f64x2, i32, type ModuleBuilder } from '../builder/index.ts';
import type { Kernel } from '../runtime/kernel.ts';
import type { Job } from '../runtime/threads.ts';
import type { Reader } from '../templates/parameters.ts';

type Read = (f: FunctionBuilder, task: Address) => Reader<'gradientsBytes' | 'dgamma' | 'dbeta'>;

/** Adds partial (dgamma, dbeta) pairs, float64 [features, 2] in each part, in order, and rounds them to float32. */
export function writeParameterGradients(m: ModuleBuilder, read: Read) {
  return m.func(
    'parameterGradients',
    { begin: i32, end: i32, task: i32, partial: i32, parts: i32 },
    (f, { begin, end, task, partial, parts }) => {
      const { word } = read(f, task);
      const [bytes, dgamma, dbeta] = [word('gradientsBytes'), word('dgamma'), word('dbeta')];
      const all = f.let(parts.times(bytes));
      // Four features at a time; past the last one the sums are those of the next part, or of nothing, and not stored.
      f.for(begin, end, 4, (feature) => {
        const sums = [0, 1, 2, 3].map(() => f.local(f64x2));
        const at = f.let(partial.plus(feature.shl(4)));
        const last = f.let(at.plus(all));
        f.while(at.ltU(last), () => {
          sums.forEach((sum, i) => {
            sum.set(sum.plus(f.load2d(at, 16 * i)));
          });
          at.set(at.plus(bytes));
        });
        const [a, b, c, d] = sums.map((sum) => f.let(sum.toLowF32x4()));
        const low = f.let(a.shuffle(b, 0, 1, 4, 5));
        const high = f.let(c.shuffle(d, 0, 1, 4, 5));
        const to = f.let(feature.shl(2));
        const left = f.let(end.minus(feature));
        f.store4Partial(f.let(dgamma.plus(to)), low.shuffle(high, 0, 2, 4, 6), left);
        f.store4Partial(f.let(dbeta.plus(to)), low.shuffle(high, 1, 3, 5, 7), left);
      });
    },
  );
}

/** Additions worth a thread's time. */
const GRAIN = 8192;

/** The job that makes dgamma and dbeta from the partial ones. */
export function addPartials(
  kernel: Kernel,
  features: number,
  task: number,
  partial: number,
  parts: number,
): Job {
  const grain = Math.ceil(GRAIN / parts / 4) * 4;
  return kernel.job('parameterGradients', features, grain, task, partial, parts);
}
