import type { Numbers } from '../../contract.ts';
import { i32 } from '../builder/index.ts';
import { compileKernel, kernelModule } from '../runtime/kernel.ts';
import { inPlace, input, kernelCall } from '../runtime/operands.ts';
import { eachVector, vectorsFor } from './vectors.ts';

/** a += b over flat arrays. a may be a part of a larger array, so its last vector is stored only as far as a goes. */
const kernel = () =>
  compileKernel('addInto', () =>
    kernelModule('addInto', (m) => {
      m.func('add', { begin: i32, end: i32, a: i32, b: i32, length: i32 }, (f, args) => {
        const { begin, end, a, b, length } = args;
        const full = f.let(length.shrU(2));
        eachVector(f, begin, f.let(f.select(end.ltU(full), end, full)), 4, (at, constant) =>
          f.store4(a.plus(at), f.load4(a.plus(at), constant).plus(f.load4(b.plus(at), constant)), constant),
        );
        f.if(end.gtU(full), () => {
          const at = f.let(full.shl(4));
          const sum = f.load4(a.plus(at)).plus(f.load4(b.plus(at)));
          f.store4Partial(a.plus(at), sum, length.and(3));
        });
      });
    }),
  );

export function addInto(a: Numbers, b: Numbers): void {
  kernelCall(() => {
    const { length } = a;
    inPlace(a, (at) => kernel().range('add', vectorsFor(length), 8192, at, input(b), length));
  });
}
