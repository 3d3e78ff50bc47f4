import { type NDArray, type Shape, sizeOf } from '../../contract.ts';
import { type FunctionBuilder, f32x4, type I32, i32 } from '../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../runtime/kernel.ts';
import { input, kernelCall, result } from '../runtime/operands.ts';
import { exp, log as logarithm } from '../templates/math.ts';
import { DoubleSum, eachColumns, eachRow, type Line, lineSignature } from './lines.ts';

/**
 * softmax and log softmax along any axis, and their backward passes. Three short passes over a line that stays in the cache:
 * its maximum, the sum of e^(x - max), the result.
 */
function writeForward(f: FunctionBuilder, line: Line, x: I32, y: I32, log: boolean): void {
  const largest = f.local(f32x4, Number.NEGATIVE_INFINITY);
  line.each((cell) => largest.set(largest.max(cell.load(x, Number.NEGATIVE_INFINITY))));
  const max = line.foldMax(largest);
  const sum = new DoubleSum(f);
  line.each((cell) => {
    const e = f.let(exp(f, cell.load(x, Number.NEGATIVE_INFINITY).minus(max)));
    sum.add(e);
    if (!log) cell.store(y, e);
  });
  const total = line.foldSum(sum);
  if (log) {
    const logSum = logarithm(f, total);
    line.each((cell) => cell.store(y, cell.load(x, 0).minus(max).minus(logSum)));
  } else {
    line.each((cell) => cell.store(y, cell.load(y, 0).div(total)));
  }
}

/** softmax: dx = y (dy - sum dy y). logSoftmax: dx = dy - e^y sum dy. */
function writeBackward(f: FunctionBuilder, line: Line, dy: I32, y: I32, dx: I32, log: boolean): void {
  const sum = new DoubleSum(f);
  line.each((cell) => {
    const upstream = cell.load(dy, 0);
    sum.add(f.let(log ? upstream : upstream.times(cell.load(y, 0))));
  });
  const total = line.foldSum(sum);
  line.each((cell) => {
    const upstream = cell.load(dy, 0);
    const value = cell.load(y, 0);
    cell.store(dx, log ? total.nmadd(exp(f, value), upstream) : value.times(upstream.minus(total)));
  });
}

const softmaxKernel = (): Kernel =>
  compileKernel('softmax', () =>
    kernelModule('softmax', (m) => {
      const forward = { ...lineSignature, x: i32, y: i32 };
      const backward = { ...lineSignature, dy: i32, y: i32, dx: i32 };
      for (const log of [false, true]) {
        const name = log ? 'log' : 'plain';
        for (const [lines, each] of [['Rows', eachRow] as const, ['Columns', eachColumns] as const]) {
          m.func(`${name}${lines}`, forward, (f, args) =>
            each(f, args, (line) => writeForward(f, line, args.x, args.y, log)),
          );
          m.func(`${name}Backward${lines}`, backward, (f, args) =>
            each(f, args, (line) => writeBackward(f, line, args.dy, args.y, args.dx, log)),
          );
        }
      }
    }),
  );

/** Numbers to a part: about 10 us, at some 2 ns each. */
const PART = 8192;

/** Calls `name` with Rows or Columns after it for all lines along `axis` of `shape`. */
function overLines(name: string, shape: Shape, axis: number, ...addresses: number[]): void {
  const count = shape[axis];
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const rows = inner === 1;
  const items = rows ? outer : outer * Math.ceil(inner / 4);
  const grain = Math.ceil(PART / (count * (rows ? 1 : 4) + 8));
  softmaxKernel().range(`${name}${rows ? 'Rows' : 'Columns'}`, items, grain, count, inner, ...addresses);
}

export function softmax(x: NDArray, axis: number, log: boolean): NDArray {
  return kernelCall(() => {
    const y = result(x.shape);
    overLines(log ? 'log' : 'plain', x.shape, axis, input(x.data), y.data.byteOffset);
    return y;
  });
}

export function softmaxBackward(dy: NDArray, y: NDArray, axis: number, log: boolean): NDArray {
  return kernelCall(() => {
    const dx = result(y.shape);
    const addresses = [input(dy.data), input(y.data), dx.data.byteOffset];
    overLines(log ? 'logBackward' : 'plainBackward', y.shape, axis, ...addresses);
    return dx;
  });
}
