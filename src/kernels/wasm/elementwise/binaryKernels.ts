import type { BinaryOp } from '../../contract.ts';
import {
  type F32x4,
  type FunctionBuilder,
  f32x4,
  type I32,
  i32,
  type ModuleBuilder,
} from '../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../runtime/kernel.ts';
import { outerSignature, rowOffsets } from '../templates/rows.ts';
import { pow } from './pow.ts';
import { eachVector } from './vectors.ts';

/** The WebAssembly of y = f(a, b): for each op a module for flat arrays, and one for strided rows, each built when needed. */
const operations: Record<BinaryOp, (f: FunctionBuilder, a: F32x4, b: F32x4) => F32x4> = {
  add: (_f, a, b) => a.plus(b),
  sub: (_f, a, b) => a.minus(b),
  mul: (_f, a, b) => a.times(b),
  div: (_f, a, b) => a.div(b),
  pow,
  maximum: (_f, a, b) => a.max(b),
  minimum: (_f, a, b) => a.min(b),
  greater: (_f, a, b) => a.gt(b).asF32x4().and(f32x4(1)),
  equal: (_f, a, b) => a.eq(b).asF32x4().and(f32x4(1)),
  where: (_f, a, b) => a.and(b.ne(0)),
};

const operands = { a: i32, b: i32, y: i32 };

/**
 * `same`: a and b have the shape of y. `scalarA`, `scalarB`: one of them is a single number. `periodA`, `periodB`: one of them
 * repeats every `period` bytes, and an item is one period.
 */
export const flatKernel = perOp('flat', (m, f2) => {
  const flat = { begin: i32, end: i32, ...operands };
  m.func('same', flat, (f, { begin, end, a, b, y }) => {
    eachVector(f, begin, end, 4, (at, constant) => {
      const value = f2(f, f.load4(a.plus(at), constant), f.load4(b.plus(at), constant));
      f.store4(y.plus(at), value, constant);
    });
  });
  m.func('scalarA', flat, (f, { begin, end, a, b, y }) => {
    const scalar = f.let(f.load4Splat(a));
    eachVector(f, begin, end, 4, (at, constant) =>
      f.store4(y.plus(at), f2(f, scalar, f.load4(b.plus(at), constant)), constant),
    );
  });
  m.func('scalarB', flat, (f, { begin, end, a, b, y }) => {
    const scalar = f.let(f.load4Splat(b));
    eachVector(f, begin, end, 4, (at, constant) =>
      f.store4(y.plus(at), f2(f, f.load4(a.plus(at), constant), scalar), constant),
    );
  });
  for (const repeated of ['a', 'b'] as const) {
    const signature = { ...flat, period: i32, bytes: i32 };
    m.func(repeated === 'a' ? 'periodA' : 'periodB', signature, (f, args) => {
      const { begin, end, a, b, y, period, bytes } = args;
      f.for(begin, end, 1, (item) => {
        const start = f.let(item.times(period));
        const left = f.let(bytes.minus(start));
        const length = f.let(f.select(period.ltU(left), period, left));
        const vectors = f.let(length.plus(15).shrU(4));
        eachVector(f, i32(0), vectors, 4, (at, constant) => {
          const place = f.let(at.plus(start));
          const [atA, atB] = repeated === 'a' ? [at, place] : [place, at];
          const value = f2(f, f.load4(a.plus(atA), constant), f.load4(b.plus(atB), constant));
          f.store4(y.plus(place), value, constant);
        });
      });
    });
  }
  // `times` copies of `bytes` bytes, one after the other.
  m.func('tile', { to: i32, from: i32, bytes: i32, times: i32 }, (f, { to, from, bytes, times }) => {
    f.for(0, times, 1, (i) => f.copy(to.plus(i.times(bytes)), from, bytes));
  });
});

/** Rows of `length` numbers, y without gaps: both step through the row (`both`), or one has a single number for each row. */
export const rowKernel = perOp('rows', (m, f2) => {
  const signature = { begin: i32, end: i32, ...operands, length: i32, ...outerSignature };
  for (const steps of ['both', 'onlyA', 'onlyB'] as const) {
    m.func(steps, signature, (f, args) => {
      const { begin, end, a, b, y, length } = args;
      const whole = f.let(length.and(-4).shl(2));
      const rest = f.let(length.and(3));
      f.for(begin, end, 1, (row) => {
        const { first, second } = rowOffsets(f, row, args);
        const rowA = f.let(a.plus(first));
        const rowB = f.let(b.plus(second));
        const rowY = f.let(y.plus(row.times(length).shl(2)));
        const fixed = steps === 'both' ? null : f.let(f.load4Splat(steps === 'onlyA' ? rowB : rowA));
        const value = (at: I32) =>
          f2(
            f,
            steps === 'onlyB' ? fixed! : f.load4(rowA.plus(at)),
            steps === 'onlyA' ? fixed! : f.load4(rowB.plus(at)),
          );
        f.for(0, whole, 16, (at) => f.store4(rowY.plus(at), value(at)));
        f.if(rest, () => f.store4Partial(rowY.plus(whole), value(whole), rest));
      });
    });
  }
});

type Write = (m: ModuleBuilder, operation: (f: FunctionBuilder, a: F32x4, b: F32x4) => F32x4) => void;

function perOp(kind: string, write: Write): (op: BinaryOp) => Kernel {
  const compiled = new Map<BinaryOp, Kernel>();
  return (op) => {
    let kernel = compiled.get(op);
    if (kernel === undefined) {
      kernel = compileKernel(`binary ${op} ${kind}`, () =>
        kernelModule(`${op} ${kind}`, (m) => write(m, operations[op])),
      );
      compiled.set(op, kernel);
    }
    return kernel;
  };
}
