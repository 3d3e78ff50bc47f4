import type { NDArray, UnaryOp } from '../../contract.ts';
import { type F32x4, type FunctionBuilder, f32, f32x4, i32 } from '../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../runtime/kernel.ts';
import { input, kernelCall, result } from '../runtime/operands.ts';
import { erf, exp, expm1, log, normalCdf, sigmoid, softplus, tanh } from '../templates/math.ts';
import { pow } from './pow.ts';
import { eachVector, vectorsFor } from './vectors.ts';

/**
 * y = f(x) and dx = dy f'(x), four numbers at a time over the flat array; every op is a module of its own, with both
 * directions, compiled when the op is first met. The last vector is computed whole: what it holds past the end of the array
 * lies in the result's own block and is read by nobody.
 */
interface UnaryKernel {
  /** Instructions are few, so that memory is what counts: unroll, and cut into larger parts. */
  light: boolean;
  forward: (f: FunctionBuilder, x: F32x4, p: F32x4, q: F32x4) => F32x4;
  /** Which of the forward pass's arrays the derivative reads. */
  reads: 'x' | 'y' | 'none';
  /** `v` is the x or the y that it reads (dy itself for 'none'). */
  backward: (f: FunctionBuilder, dy: F32x4, v: F32x4, p: F32x4, q: F32x4) => F32x4;
}

const unaryKernels: Record<UnaryOp, UnaryKernel> = {
  affine: {
    light: true,
    forward: (_f, x, p, q) => x.madd(p, q),
    reads: 'none',
    backward: (_f, dy, _v, p) => dy.times(p),
  },
  exp: { light: false, forward: exp, reads: 'y', backward: (_f, dy, y) => dy.times(y) },
  log: { light: false, forward: log, reads: 'x', backward: (_f, dy, x) => dy.div(x) },
  sqrt: {
    light: true,
    forward: (_f, x) => x.sqrt(),
    reads: 'y',
    backward: (_f, dy, y) => dy.times(0.5).div(y),
  },
  abs: {
    light: true,
    forward: (_f, x) => x.abs(),
    reads: 'x',
    // Zero and NaN are their own signs.
    backward: (f, dy, x) => {
      const sign = x
        .gt(0)
        .asF32x4()
        .and(f32x4(1))
        .or(x.lt(0).asF32x4().and(f32x4(-1)));
      return dy.times(x.gt(0).or(x.lt(0)).select(f.let(sign), x));
    },
  },
  square: {
    light: true,
    forward: (_f, x) => x.times(x),
    reads: 'x',
    backward: (_f, dy, x) => dy.times(x.plus(x)),
  },
  pow: {
    light: false,
    forward: pow,
    reads: 'x',
    backward: (f, dy, x, p) =>
      dy.times(p.eq(0).select(f32x4(0), f.let(pow(f, x, f.let(p.minus(1))).times(p)))),
  },
  clamp: {
    light: true,
    forward: (_f, x, p, q) => x.pmax(p).pmin(q),
    reads: 'x',
    backward: (_f, dy, x, p, q) => dy.and(x.ge(p)).and(x.le(q)),
  },
  relu: {
    light: true,
    forward: (_f, x) => x.pmax(0),
    reads: 'x',
    backward: (_f, dy, x) => dy.andNot(x.le(0)),
  },
  leakyRelu: {
    light: true,
    forward: (_f, x, p) => x.gt(0).select(x, x.times(p)),
    reads: 'x',
    backward: (_f, dy, x, p) => x.gt(0).select(dy, dy.times(p)),
  },
  elu: {
    light: false,
    forward: (f, x, p) => x.gt(0).select(x, f.let(expm1(f, x.pmin(0)).times(p))),
    reads: 'x',
    backward: (f, dy, x, p) => x.gt(0).select(dy, f.let(exp(f, x.pmin(0)).times(p).times(dy))),
  },
  gelu: {
    light: false,
    forward: (f, x) => x.times(normalCdf(f, x)),
    reads: 'x',
    backward: (f, dy, x) => {
      const density = f.let(exp(f, x.times(x).times(-0.5)).times(1 / Math.sqrt(2 * Math.PI)));
      return dy.times(x.madd(density, normalCdf(f, x)));
    },
  },
  geluTanh: {
    light: false,
    forward: (f, x) => x.times(sigmoid(f, geluArgument(f, x).u)),
    reads: 'x',
    backward: (f, dy, x) => {
      const { u, slope } = geluArgument(f, x);
      const { here, there } = sigmoids(f, u);
      return dy.times(here).times(f.let(x.times(there)).madd(slope, 1));
    },
  },
  silu: {
    light: false,
    forward: (f, x) => x.times(sigmoid(f, x)),
    reads: 'x',
    backward: (f, dy, x) => {
      const { here, there } = sigmoids(f, x);
      return dy.times(here).times(x.madd(there, 1));
    },
  },
  mish: {
    light: false,
    forward: (f, x) => {
      const { n } = mishGate(f, x);
      return x.times(n.div(n.plus(2)));
    },
    reads: 'x',
    backward: (f, dy, x) => {
      const { e, n } = mishGate(f, x);
      const divisor = f.let(n.plus(2));
      const slope = f.let(e.times(e.plus(1)).div(divisor).times(4));
      return dy.times(f.let(x.madd(slope, n)).div(divisor));
    },
  },
  hardsigmoid: {
    light: true,
    forward: (f, x) => hardsigmoid(f, x),
    reads: 'x',
    backward: (_f, dy, x) =>
      dy
        .times(1 / 6)
        .and(x.gt(-3))
        .and(x.lt(3)),
  },
  hardswish: {
    light: true,
    forward: (f, x) => x.times(hardsigmoid(f, x)),
    reads: 'x',
    backward: (f, dy, x) => {
      const inside = dy.times(x.madd(f32x4(1 / 3), 0.5));
      return f.let(x.gt(3).select(dy, f.let(inside))).andNot(x.lt(-3));
    },
  },
  softplus: {
    light: false,
    forward: softplus,
    reads: 'x',
    backward: (f, dy, x) => dy.times(sigmoid(f, x)),
  },
  sigmoid: {
    light: false,
    forward: sigmoid,
    reads: 'y',
    backward: (_f, dy, y) => dy.times(y).times(f32x4(1).minus(y)),
  },
  tanh: {
    light: false,
    forward: tanh,
    reads: 'y',
    backward: (_f, dy, y) => dy.times(y.nmadd(y, 1)),
  },
  erf: {
    light: false,
    forward: erf,
    reads: 'x',
    backward: (f, dy, x) => dy.times(exp(f, x.times(x).neg()).times(2 / Math.sqrt(Math.PI))),
  },
};

/** sigmoid(x) and sigmoid(-x) from one exponential, both with all their digits. */
function sigmoids(f: FunctionBuilder, x: F32x4): { here: F32x4; there: F32x4 } {
  const z = f.let(exp(f, x.abs().neg()));
  const larger = f.let(f32x4(1).div(z.plus(1)));
  const smaller = f.let(larger.times(z));
  const positive = f.let(x.ge(0));
  return { here: f.let(positive.select(larger, smaller)), there: f.let(positive.select(smaller, larger)) };
}

/** gelu by tanh is x sigmoid(u) with u = 2 sqrt(2 / pi) (x + 0.044715 x^3); beyond 30 the sigmoid is 0 or 1 to all digits. */
function geluArgument(f: FunctionBuilder, x: F32x4): { u: F32x4; slope: F32x4 } {
  const scale = 2 * Math.sqrt(2 / Math.PI);
  const held = f.let(x.pmax(-30).pmin(30));
  const square = f.let(held.times(held));
  const u = f.let(held.times(square.madd(f32x4(0.044715 * scale), scale)));
  return { u, slope: f.let(square.madd(f32x4(3 * 0.044715 * scale), scale)) };
}

/** mish is x n / (n + 2) with n = e (e + 2), e = e^x; beyond 40 that is x, and n would overflow. */
function mishGate(f: FunctionBuilder, x: F32x4): { e: F32x4; n: F32x4 } {
  const e = exp(f, f.let(x.pmin(40)));
  return { e, n: f.let(e.times(e.plus(2))) };
}

function hardsigmoid(f: FunctionBuilder, x: F32x4): F32x4 {
  return f.let(
    x
      .plus(3)
      .pmax(0)
      .pmin(6)
      .times(1 / 6),
  );
}

function buildUnary(op: UnaryOp): Kernel {
  const { light, forward, backward } = unaryKernels[op];
  const unroll = light ? 4 : 1;
  return compileKernel(`unary ${op}`, () =>
    kernelModule(op, (m) => {
      m.func('forward', { begin: i32, end: i32, x: i32, y: i32, p: f32, q: f32 }, (f, a) => {
        const p = f.let(a.p.splat());
        const q = f.let(a.q.splat());
        eachVector(f, a.begin, a.end, unroll, (at, constant) =>
          f.block(() => {
            const x = f.let(f.load4(a.x.plus(at), constant));
            f.store4(a.y.plus(at), forward(f, x, p, q), constant);
          }),
        );
      });
      const signature = { begin: i32, end: i32, dy: i32, v: i32, dx: i32, p: f32, q: f32 };
      m.func('backward', signature, (f, a) => {
        const p = f.let(a.p.splat());
        const q = f.let(a.q.splat());
        eachVector(f, a.begin, a.end, unroll, (at, constant) =>
          f.block(() => {
            const v = f.let(f.load4(a.v.plus(at), constant));
            const dy = f.let(f.load4(a.dy.plus(at), constant));
            f.store4(a.dx.plus(at), backward(f, dy, v, p, q), constant);
          }),
        );
      });
    }),
  );
}

const compiled = new Map<UnaryOp, Kernel>();

function kernelFor(op: UnaryOp): Kernel {
  let kernel = compiled.get(op);
  if (kernel === undefined) {
    kernel = buildUnary(op);
    compiled.set(op, kernel);
  }
  return kernel;
}

/** Vectors to a part: 3 to 5 us of work. Of the heavy functions most have a light derivative, made of x or y. */
const grainOf = (op: UnaryOp): number => (unaryKernels[op].light ? 4096 : 384);
const backwardGrainOf = (op: UnaryOp): number => (unaryKernels[op].light ? 4096 : 1536);

export function unary(op: UnaryOp, x: NDArray, p = 1, q = 0): NDArray {
  return kernelCall(() => {
    const { data } = x;
    const y = result(x.shape);
    kernelFor(op).range(
      'forward',
      vectorsFor(data.length),
      grainOf(op),
      input(data),
      y.data.byteOffset,
      p,
      q,
    );
    return y;
  });
}

export function unaryBackward(op: UnaryOp, dy: NDArray, x: NDArray, y: NDArray, p = 1, q = 0): NDArray {
  return kernelCall(() => {
    const { data } = dy;
    const { reads } = unaryKernels[op];
    const upstream = input(data);
    const v = reads === 'none' ? upstream : input(reads === 'x' ? x.data : y.data);
    const dx = result(x.shape);
    const vectors = vectorsFor(data.length);
    kernelFor(op).range('backward', vectors, backwardGrainOf(op), upstream, v, dx.data.byteOffset, p, q);
    return dx;
  });
}
