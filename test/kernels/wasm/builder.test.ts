import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Expr,
  type F32x4,
  type F64x2,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  type I32x4,
  i32,
  i64,
  relaxedFma,
  type ValueType,
} from '../../../src/kernels/wasm/builder/index.ts';
import { Kernel, kernelModule } from '../../../src/kernels/wasm/runtime/kernel.ts';
import { allocate, release } from '../../../src/kernels/wasm/runtime/memory.ts';
import { mapVectors } from '../../../src/kernels/wasm/templates/mapVectors.ts';

const fround = Math.fround;
const anyFloat = fc.float({ noNaN: false });
const anyInt = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** Writes `a` and `b` at 0 and 16, applies `write` to the addresses, and gives the 16 bytes it left at 32. */
function runner(write: (f: FunctionBuilder, a: ReturnType<typeof i32>) => void) {
  const kernel = new Kernel(
    kernelModule('op', (m) => void m.func('op', { a: i32 }, (f, { a }) => write(f, a))),
  );
  return (
    a: ArrayLike<number>,
    b: ArrayLike<number>,
    array: typeof Float32Array | typeof Float64Array | typeof Int32Array,
  ) => {
    const block = allocate(32).fill(0);
    const at = (offset: number) =>
      new array(block.buffer as ArrayBuffer, block.byteOffset + offset, 16 / array.BYTES_PER_ELEMENT);
    at(0).set(a);
    at(16).set(b);
    kernel.call('op', block.byteOffset);
    const bytes = new Uint8Array(block.buffer, block.byteOffset + 32, 16).slice().buffer;
    release(block);
    return bytes;
  };
}

const minimum = (a: number, b: number) => Math.min(a, b);
const floatOps: Record<string, [(a: F32x4, b: F32x4) => F32x4, (a: number, b: number) => number]> = {
  plus: [(a, b) => a.plus(b), (a, b) => a + b],
  minus: [(a, b) => a.minus(b), (a, b) => a - b],
  times: [(a, b) => a.times(b), (a, b) => a * b],
  div: [(a, b) => a.div(b), (a, b) => a / b],
  min: [(a, b) => a.min(b), minimum],
  max: [(a, b) => a.max(b), (a, b) => Math.max(a, b)],
  pmin: [(a, b) => a.pmin(b), (a, b) => (b < a ? b : a)],
  pmax: [(a, b) => a.pmax(b), (a, b) => (a < b ? b : a)],
  abs: [(a) => a.abs(), Math.abs],
  neg: [(a) => a.neg(), (a) => -a],
  sqrt: [(a) => a.sqrt(), Math.sqrt],
  ceil: [(a) => a.ceil(), Math.ceil],
  floor: [(a) => a.floor(), Math.floor],
  trunc: [(a) => a.trunc(), Math.trunc],
  eq: [(a, b) => a.eq(b).select(f32x4(1), f32x4(0)), (a, b) => (a === b ? 1 : 0)],
  ne: [(a, b) => a.ne(b).select(f32x4(1), f32x4(0)), (a, b) => (a !== b ? 1 : 0)],
  lt: [(a, b) => a.lt(b).select(f32x4(1), f32x4(0)), (a, b) => (a < b ? 1 : 0)],
  gt: [(a, b) => a.gt(b).select(f32x4(1), f32x4(0)), (a, b) => (a > b ? 1 : 0)],
  le: [(a, b) => a.le(b).select(f32x4(1), f32x4(0)), (a, b) => (a <= b ? 1 : 0)],
  ge: [(a, b) => a.ge(b).select(f32x4(1), f32x4(0)), (a, b) => (a >= b ? 1 : 0)],
  constant: [(a) => a.times(3).plus(f32x4(0.5)), (a) => fround(a * 3) + 0.5],
};

describe('f32x4', () => {
  test.each(Object.entries(floatOps))('%s', (_name, [write, exact]) => {
    const run = runner((f, a) => f.store4(a, write(f.load4(a), f.load4(a, 16)), 32));
    const lanes = fc.array(anyFloat, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(lanes, lanes, (a, b) => {
        const expected = a.map((x, i) => fround(exact(fround(x), fround(b[i]))));
        expect([...new Float32Array(run(a, b, Float32Array))]).toEqual(expected);
      }),
    );
  });

  test('madd and nmadd round once or twice', () => {
    const madd = runner((f, a) => f.store4(a, f.load4(a).madd(f.load4(a, 16), 0.25), 32));
    const nmadd = runner((f, a) => f.store4(a, f.load4(a).nmadd(f.load4(a, 16), 0.25), 32));
    const some = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(some, some, (a, b) => {
        // The product of two float32 is exact in float64; the sum is close enough to exact.
        const once = (sign: number) => a.map((x, i) => fround(sign * x * b[i] + 0.25));
        const twice = (sign: number) => a.map((x, i) => fround(fround(sign * x * b[i]) + 0.25));
        for (const [run, sign] of [
          [madd, 1],
          [nmadd, -1],
        ] as const) {
          new Float32Array(run(a, b, Float32Array)).forEach((value, i) => {
            expect([once(sign)[i] + 0, twice(sign)[i] + 0]).toContain(value + 0);
          });
        }
      }),
    );
    expect(typeof relaxedFma).toBe('boolean');
  });

  test('shuffle, lanes and splats', () => {
    const out = (write: (f: FunctionBuilder, a: ReturnType<typeof i32>) => F32x4) => [
      ...new Float32Array(
        runner((f, a) => f.store4(a, write(f, a), 32))([1, 2, 3, 4], [5, 6, 7, 8], Float32Array),
      ),
    ];
    expect(out((f, a) => f.load4(a).shuffle(f.load4(a, 16), 7, 0, 5, 2))).toEqual([8, 1, 6, 3]);
    expect(out((f, a) => f.load4(a).withLane(2, f.load4(a).lane(1)))).toEqual([1, 2, 2, 4]);
    expect(out((f, a) => f.load4(a).lane(3).splat())).toEqual([4, 4, 4, 4]);
    expect(out((f, a) => f.load4Splat(a, 4))).toEqual([2, 2, 2, 2]);
    expect(out((f, a) => f.load4One(a, 8))).toEqual([3, 0, 0, 0]);
    expect(out((f, a) => f.load4Two(a, 8))).toEqual([3, 4, 0, 0]);
    expect(out((f, a) => f.load4Lane(f.load4(a), 3, a, 16))).toEqual([1, 2, 3, 5]);
    expect(out(() => f32x4(1, 2, 3, 4))).toEqual([1, 2, 3, 4]);
    expect(() => f32x4(0).lane(4)).toThrow('no lane 4');
    expect(() => f32x4(1, 2, 3)).toThrow('1 or 4 lanes');
  });

  test.each([0, 1, 2, 3, 4])('partial loads and stores of %i lanes touch nothing else', (count) => {
    for (const fixed of [true, false]) {
      const lanes = fixed ? count : i32(count);
      const load = runner((f, a) => f.store4(a, f.load4Partial(a, lanes), 32));
      expect([...new Float32Array(load([1, 2, 3, 4], [], Float32Array))]).toEqual(
        [1, 2, 3, 4].map((x) => (x <= count ? x : 0)),
      );
      const store = runner((f, a) => {
        f.store4(a, f32x4(9), 32);
        f.store4Partial(a, f.load4(a), lanes, 32);
      });
      expect([...new Float32Array(store([1, 2, 3, 4], [], Float32Array))]).toEqual(
        [1, 2, 3, 4].map((x) => (x <= count ? x : 9)),
      );
    }
  });
});

describe('f64x2', () => {
  const ops: Record<string, [(a: F64x2, b: F64x2) => F64x2, (a: number, b: number) => number]> = {
    plus: [(a, b) => a.plus(b), (a, b) => a + b],
    minus: [(a, b) => a.minus(b), (a, b) => a - b],
    times: [(a, b) => a.times(b), (a, b) => a * b],
    div: [(a, b) => a.div(b), (a, b) => a / b],
    min: [(a, b) => a.min(b), minimum],
    max: [(a, b) => a.max(b), (a, b) => Math.max(a, b)],
    pmin: [(a, b) => a.pmin(b), (a, b) => (b < a ? b : a)],
    pmax: [(a, b) => a.pmax(b), (a, b) => (a < b ? b : a)],
    abs: [(a) => a.abs(), Math.abs],
    neg: [(a) => a.neg(), (a) => -a],
    sqrt: [(a) => a.sqrt(), Math.sqrt],
    lt: [(a, b) => a.lt(b).select(f64x2(1), f64x2(0)), (a, b) => (a < b ? 1 : 0)],
    gt: [(a, b) => a.gt(b).select(f64x2(1), f64x2(0)), (a, b) => (a > b ? 1 : 0)],
    le: [(a, b) => a.le(b).select(f64x2(1), f64x2(0)), (a, b) => (a <= b ? 1 : 0)],
    ge: [(a, b) => a.ge(b).select(f64x2(1), f64x2(0)), (a, b) => (a >= b ? 1 : 0)],
    eq: [(a, b) => a.eq(b).select(f64x2(1), f64x2(0)), (a, b) => (a === b ? 1 : 0)],
    swap: [(a, b) => a.shuffle(b, 2, 3), (_a, b) => b],
    lanes: [(a) => a.withLane(0, a.lane(0).plus(0)), (a) => a + 0],
    narrow: [(a) => a.toLowF32x4().lowToF64x2(), fround],
  };
  test.each(Object.entries(ops))('%s', (_name, [write, exact]) => {
    const run = runner((f, a) => f.store4(a, write(f.load2d(a), f.load2d(a, 16)), 32));
    const lanes = fc.array(fc.double(), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(lanes, lanes, (a, b) => {
        expect([...new Float64Array(run(a, b, Float64Array))].map((x) => x + 0)).toEqual(
          a.map((x, i) => exact(x, b[i]) + 0),
        );
      }),
    );
  });

  test('madd is close to exact', () => {
    const run = runner((f, a) => f.store4(a, f.load2d(a).madd(f.load2d(a, 16), f.load2d(a).nmadd(2, 1)), 32));
    const [low, high] = new Float64Array(run([1.5, -3], [0.1, 7], Float64Array));
    expect(low).toBeCloseTo(1.5 * 0.1 + (1 - 2 * 1.5), 14);
    expect(high).toBe(-3 * 7 + (1 + 6));
  });
});

describe('i32x4', () => {
  const ops: Record<string, [(a: I32x4, b: I32x4) => I32x4, (a: number, b: number) => number]> = {
    plus: [(a, b) => a.plus(b), (a, b) => a + b],
    minus: [(a, b) => a.minus(b), (a, b) => a - b],
    times: [(a, b) => a.times(b), Math.imul],
    min: [(a, b) => a.min(b), minimum],
    max: [(a, b) => a.max(b), (a, b) => Math.max(a, b)],
    abs: [(a) => a.abs(), Math.abs],
    neg: [(a) => a.neg(), (a) => -a],
    and: [(a, b) => a.and(b), (a, b) => a & b],
    or: [(a, b) => a.or(b), (a, b) => a | b],
    xor: [(a, b) => a.xor(b), (a, b) => a ^ b],
    andNot: [(a, b) => a.andNot(b), (a, b) => a & ~b],
    not: [(a) => a.not(), (a) => ~a],
    shl: [(a) => a.shl(i32(3)), (a) => a << 3],
    shr: [(a) => a.shr(i32(3)), (a) => a >> 3],
    shrU: [(a) => a.shrU(i32(3)), (a) => a >>> 3],
    eq: [(a, b) => a.eq(b), (a, b) => -Number(a === b)],
    ne: [(a, b) => a.ne(b), (a, b) => -Number(a !== b)],
    lt: [(a, b) => a.lt(b), (a, b) => -Number(a < b)],
    ltU: [(a, b) => a.ltU(b), (a, b) => -Number(a >>> 0 < b >>> 0)],
    gt: [(a, b) => a.gt(b), (a, b) => -Number(a > b)],
    le: [(a, b) => a.le(b), (a, b) => -Number(a <= b)],
    ge: [(a, b) => a.ge(b), (a, b) => -Number(a >= b)],
    toFloat: [(a) => a.toF32x4().asI32x4(), (a) => new Int32Array(new Float32Array([a]).buffer)[0]],
    fromFloat: [
      (a) => a.asF32x4().toI32x4(),
      (a) => saturate(new Float32Array(new Int32Array([a]).buffer)[0]),
    ],
    shuffle: [(a, b) => a.shuffle(b, 4, 5, 6, 7), (_a, b) => b],
  };
  const saturate = (x: number) =>
    Number.isNaN(x) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(x)));

  test.each(Object.entries(ops))('%s', (_name, [write, exact]) => {
    const run = runner((f, a) => f.store4(a, write(f.load4i(a), f.load4i(a, 16)), 32));
    const lanes = fc.array(anyInt, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(lanes, lanes, (a, b) => {
        expect([...new Int32Array(run(a, b, Int32Array))]).toEqual(a.map((x, i) => exact(x, b[i]) | 0));
      }),
    );
  });

  test('masks answer questions', () => {
    const run = runner((f, a) => {
      const mask = f.let(f.load4i(a).gt(0));
      f.storeI32(a, mask.anyTrue(), 32);
      f.storeI32(a, mask.allTrue(), 36);
      f.storeI32(a, mask.bitmask(), 40);
      f.storeI32(a, f.load4i(a).withLane(1, i32(7)).lane(1), 44);
    });
    expect([...new Int32Array(run([1, 0, 2, -1], [], Int32Array))]).toEqual([1, 0, 0b0101, 7]);
    expect([...new Int32Array(run([1, 1, 2, 3], [], Int32Array))]).toEqual([1, 1, 0b1111, 7]);
  });
});

/** A function of two scalars as JavaScript calls it. */
function scalar<A extends Expr>(type: ValueType<A>, write: (a: A, b: A) => Expr) {
  const kernel = new Kernel(
    kernelModule('scalar', (m) => void m.func('op', { a: type, b: type }, (_f, { a, b }) => write(a, b))),
  );
  return (a: number, b: number) => kernel.call('op', a, b);
}

test('i32 operations', () => {
  const same = (
    write: Parameters<typeof scalar<ReturnType<typeof i32>>>[1],
    exact: (a: number, b: number) => number,
  ) => {
    const run = scalar(i32, write);
    fc.assert(
      fc.property(
        anyInt,
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        (a, b) => run(a, b) === (exact(a, b) | 0),
      ),
    );
  };
  same(
    (a, b) => a.plus(b),
    (a, b) => a + b,
  );
  same(
    (a, b) => a.minus(b),
    (a, b) => a - b,
  );
  same((a, b) => a.times(b), Math.imul);
  same(
    (a, b) => a.div(b),
    (a, b) => a / b,
  );
  same(
    (a, b) => a.divU(b),
    (a, b) => (a >>> 0) / b,
  );
  same(
    (a, b) => a.rem(b),
    (a, b) => a % b,
  );
  same(
    (a, b) => a.remU(b),
    (a, b) => (a >>> 0) % b,
  );
  same(
    (a, b) => a.and(b).or(5).xor(b),
    (a, b) => ((a & b) | 5) ^ b,
  );
  same(
    (a, b) => a.shl(b),
    (a, b) => a << b,
  );
  same(
    (a, b) => a.shr(b),
    (a, b) => a >> b,
  );
  same(
    (a, b) => a.shrU(b),
    (a, b) => a >>> b,
  );
  same(
    (a, b) => a.lt(b).plus(a.le(b).times(2)).plus(a.gt(b).times(4)).plus(a.ge(b).times(8)),
    (a, b) => +(a < b) + 2 * +(a <= b) + 4 * +(a > b) + 8 * +(a >= b),
  );
  same(
    (a, b) => a.ltU(b).plus(a.leU(b).times(2)).plus(a.gtU(b).times(4)).plus(a.geU(b).times(8)),
    (a, b) => +(a >>> 0 < b) + 2 * +(a >>> 0 <= b) + 4 * +(a >>> 0 > b) + 8 * +(a >>> 0 >= b),
  );
  same(
    (a, b) => a.eq(b).plus(a.ne(b).times(2)).plus(a.eqz().times(4)),
    (a, b) => +(a === b) + 2 * +(a !== b) + 4 * +(a === 0),
  );
  same(
    (a, b) => a.toI64().times(b.toI64U()).shr(7n).toI32(),
    (a, b) => Number(BigInt.asIntN(32, (BigInt(a) * BigInt(b)) >> 7n)),
  );
  same(
    (a) =>
      i64(2n ** 40n)
        .plus(a.toI64())
        .and(i64(-2n))
        .shrU(8n)
        .toI32(),
    (a) => Number(BigInt.asIntN(32, ((2n ** 40n + BigInt(a)) & -2n) >> 8n)),
  );
});

test('f32 and f64 operations', () => {
  const check = (type: typeof f32 | typeof f64, round: (x: number) => number) => {
    const same = (
      write: (a: ReturnType<typeof f64>, b: ReturnType<typeof f64>) => Expr,
      exact: (a: number, b: number) => number,
    ) => {
      const run = scalar(type as typeof f64, write);
      fc.assert(
        fc.property(anyFloat, anyFloat, (a, b) => {
          expect(run(a, b) + 0).toBe(round(exact(fround(a), fround(b))) + 0);
        }),
      );
    };
    same(
      (a, b) => a.plus(b),
      (a, b) => a + b,
    );
    same(
      (a, b) => a.minus(b),
      (a, b) => a - b,
    );
    same(
      (a, b) => a.times(b),
      (a, b) => a * b,
    );
    same(
      (a, b) => a.div(b),
      (a, b) => a / b,
    );
    same((a, b) => a.min(b), minimum);
    same(
      (a, b) => a.max(b),
      (a, b) => Math.max(a, b),
    );
    same(
      (a) => a.abs().sqrt().neg(),
      (a) => -Math.sqrt(Math.abs(a)),
    );
    same((a) => a.floor(), Math.floor);
    same(
      (a, b) => a.lt(b).plus(a.le(b)).plus(a.gt(b).times(4)).plus(a.ge(b).times(4)).plus(a.eq(b).times(16)),
      (a, b) => +(a < b) + +(a <= b) + 4 * +(a > b) + 4 * +(a >= b) + 16 * +(a === b),
    );
  };
  const whole = (a: number) =>
    Number.isNaN(a) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(a)));
  for (const toInteger of [scalar(f32, (a) => a.toI32()), scalar(f64, (a) => a.toI32())]) {
    fc.assert(fc.property(anyFloat, (a) => toInteger(a, 0) === whole(a)));
  }
  check(f32, fround);
  check(f64, (x) => x);
  expect(scalar(f32, (a, b) => a.toF64().plus(b.toF64()))(0.1, 0.2)).toBe(fround(0.1) + fround(0.2));
  expect(scalar(f64, (a, b) => a.plus(b).toF32())(0.1, 0.2)).toBe(fround(0.1 + 0.2));
  expect(scalar(i32, (a, b) => a.toF32().div(b.toF32()))(1, 3)).toBe(fround(1 / 3));
  expect(scalar(i32, (a, b) => a.toF64().div(b.toF64()))(1, 3)).toBe(1 / 3);
  expect(scalar(f32, (a) => a.asI32().plus(1).asF32())(1, 0)).toBe(1 + 2 ** -23);
});

describe('control', () => {
  const build = (write: Parameters<typeof kernelModule>[1]) => new Kernel(kernelModule('control', write));

  test('loops, branches, calls and results', () => {
    const kernel = build((m) => {
      const square = m.func('square', { x: i32 }, (_f, { x }) => x.times(x));
      m.func('sumOfOddSquares', { n: i32 }, (f, { n }) => {
        const total = f.local(i32);
        f.for(0, n, 1, (i) => f.if(i.and(1), () => total.set(total.plus(f.value(square, { x: i })))));
        return total;
      });
      m.func('collatz', { start: i32 }, (f, { start }) => {
        const steps = f.local(i32);
        f.while(start.ne(1), () => {
          f.if(
            start.and(1),
            () => start.set(start.times(3).plus(1)),
            () => start.set(start.shrU(1)),
          );
          steps.set(steps.plus(1));
        });
        return f.select(steps.gt(100), i32(100), steps);
      });
    });
    expect(kernel.call('sumOfOddSquares', 6)).toBe(1 + 9 + 25);
    expect(kernel.call('collatz', 6)).toBe(8);
    expect(kernel.call('collatz', 27)).toBe(100);
  });

  test('a for loop runs over addresses above 2 GiB, and not at all from end to end', () => {
    const kernel = build((m) => {
      m.func('rounds', { from: i32, to: i32 }, (f, { from, to }) => {
        const rounds = f.local(i32);
        f.for(from, to, 16, () => rounds.set(rounds.plus(1)));
        return rounds;
      });
    });
    expect(kernel.call('rounds', 0x7ffffff0, 0x80000100)).toBe(17);
    expect(kernel.call('rounds', 5, 5)).toBe(0);
  });

  test('let computes once; a plain expression computes where it is used', () => {
    const kernel = build((m) => {
      m.func('f', { a: i32 }, (f, { a }) => {
        const lazy = a.plus(1);
        const held = f.let(a.plus(1));
        a.set(100);
        return held.times(1000).plus(lazy);
      });
    });
    expect(kernel.call('f', 4)).toBe(5101);
  });

  test('locals start at zero, and are refused outside their block', () => {
    const kernel = build((m) => {
      m.func('f', {}, (f) => {
        f.block(() => f.local(i32, 5));
        const second = f.local(i32);
        return second;
      });
    });
    expect(kernel.call('f')).toBe(0);
    expect(() =>
      build((m) => {
        m.func('f', {}, (f) => {
          let escaped: Expr | undefined;
          f.block(() => {
            escaped = f.let(i32(1));
          });
          f.drop(escaped!);
        });
      }),
    ).toThrow('made inside a block that has ended');
  });

  test('copy, fill and atomics', () => {
    const kernel = build((m) => {
      m.func('f', { a: i32 }, (f, { a }) => {
        f.fill(a, 1, 8);
        f.copy(a.plus(8), a, 4);
        f.atomicStore(a, 40, 16);
        f.drop(f.atomicAdd(a, 2, 16));
        f.drop(f.atomicNotify(a, 1, 16));
        f.storeU8(a, f.let(f.atomicWait(a, 0, i64(0n), 16)), 20);
        return f.atomicLoad(a, 16).plus(f.loadI32(a, 8)).plus(f.loadU8(a, 20).shl(8));
      });
    });
    const block = allocate(16).fill(0);
    expect(kernel.call('f', block.byteOffset)).toBe(42 + 0x01010101 + 0x100);
    release(block);
  });

  test('scalar loads and stores', () => {
    const kernel = build((m) => {
      m.func('f', { a: i32 }, (f, { a }) => {
        f.storeF64(a, f.loadF32(a).toF64().times(0.1), 8);
        f.storeF32(a, f.loadF64(a, 8).toF32(), 4);
      });
    });
    const block = allocate(4).fill(3);
    kernel.call('f', block.byteOffset);
    expect(block[1]).toBe(fround(3 * 0.1));
    release(block);
  });
});

test('mapVectors handles every length, writes nothing outside, and works in place', () => {
  const kernel = new Kernel(
    kernelModule('map', (m) => {
      m.func('map', { begin: i32, end: i32, a: i32, b: i32 }, (f, { begin, end, a, b }) => {
        mapVectors(f, begin, end, [a, b], [a, b], (x, y) => [x.plus(y), x.minus(y)]);
      });
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 10 }), (length, start) => {
      const [a, b] = [allocate(length + 8).fill(7), allocate(length + 8).fill(2)];
      for (let i = 0; i < length; i++) a[i] = i;
      kernel.call('map', Math.min(start * 4, length & -4), length, a.byteOffset, b.byteOffset);
      for (let i = 0; i < length + 8; i++) {
        const done = i >= Math.min(start * 4, length & -4) && i < length;
        const before = i < length ? i : 7;
        expect([a[i], b[i]]).toEqual(done ? [before + 2, before - 2] : [before, 2]);
      }
      release(a);
      release(b);
    }),
  );
});
