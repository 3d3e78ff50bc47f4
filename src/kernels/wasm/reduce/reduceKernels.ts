import {
  type F32x4,
  type F64,
  type F64x2,
  type FunctionBuilder,
  f32x4,
  f64,
  f64x2,
  type I32,
  i32,
  i32x4,
  type ModuleBuilder,
  type Var,
} from '../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../runtime/kernel.ts';

/**
 * Folding [O, R, I] over R. Eight vectors are folded as a tree in float32 (three roundings deep), then join an accumulator in
 * float64: as quick as float32 all the way, and a sum of millions keeps float32's full precision.
 *
 * `rows` (I = 1) folds along the vectors. `columns` walks eight rows at a time from left to right, so that memory is read
 * straight through, with one accumulator for each column in a scratch line of float64. Long folds are cut into chunks, which
 * leave their partial results in memory for `finish` to add up in their order.
 */
export type Fold = 'sum' | 'max' | 'min';

/** Columns of one item of work: their accumulators fill half of a first-level cache. */
export const COLUMNS = 2048;
/** Rows of x that are folded as a tree before they join the accumulators. */
export const TREE = 8;

interface Rule {
  identity: number;
  single: (a: F32x4, b: F32x4) => F32x4;
  double: (a: F64x2, b: F64x2) => F64x2;
  scalar: (a: F64, b: F64) => F64;
}

const rules: Record<Fold, Rule> = {
  sum: {
    identity: 0,
    single: (a, b) => a.plus(b),
    double: (a, b) => a.plus(b),
    scalar: (a, b) => a.plus(b),
  },
  // These let NaN through, as Math.max and PyTorch do.
  max: {
    identity: Number.NEGATIVE_INFINITY,
    single: (a, b) => a.max(b),
    double: (a, b) => a.max(b),
    scalar: (a, b) => a.max(b),
  },
  min: {
    identity: Number.POSITIVE_INFINITY,
    single: (a, b) => a.min(b),
    double: (a, b) => a.min(b),
    scalar: (a, b) => a.min(b),
  },
};

const compiled = new Map<Fold, Kernel>();

export function reduceKernel(fold: Fold): Kernel {
  let kernel = compiled.get(fold);
  if (kernel === undefined) {
    kernel = compileKernel(`reduce ${fold}`, () =>
      kernelModule(`reduce ${fold}`, (m) => {
        writeRows(m, rules[fold], true);
        writeRows(m, rules[fold], false);
        writeColumns(m, rules[fold]);
        writeFinish(m, rules[fold]);
      }),
    );
    compiled.set(fold, kernel);
  }
  return kernel;
}

/** The fold of eight vectors, pair by pair. */
function tree(rule: Rule, vectors: readonly F32x4[]): F32x4 {
  if (vectors.length === 1) return vectors[0];
  const half = vectors.length / 2;
  return rule.single(tree(rule, vectors.slice(0, half)), tree(rule, vectors.slice(half)));
}

const upper = (v: F32x4): F64x2 => v.shuffle(v, 2, 3, 2, 3).lowToF64x2();

/** Item (o, chunk): one stretch of a row. `direct`: the row is one chunk, and its result goes to y at once, scaled. */
function writeRows(m: ModuleBuilder, rule: Rule, direct: boolean): void {
  const signature = {
    begin: i32,
    end: i32,
    x: i32,
    to: i32,
    length: i32,
    chunk: i32,
    chunks: i32,
    scale: f64,
  };
  m.func(direct ? 'rowsDirect' : 'rows', signature, (f, args) => {
    const { begin, end, x, to, length, chunk, chunks, scale } = args;
    f.for(begin, end, 1, (item) => {
      const low = f.local(f64x2, rule.identity);
      const high = f.local(f64x2, rule.identity);
      const join = (v: F32x4) => {
        low.set(rule.double(low, v.lowToF64x2()));
        high.set(rule.double(high, upper(v)));
      };
      const from = f.let(item.remU(chunks).times(chunk));
      const left = f.let(length.minus(from));
      const count = f.let(f.select(chunk.ltU(left), chunk, left));
      const at = f.let(x.plus(item.divU(chunks).times(length).plus(from).shl(2)));
      const treeEnd = f.let(at.plus(count.and(-4 * TREE).shl(2)));
      f.forRange(at, at, treeEnd, 16 * TREE, () => {
        const vectors = Array.from({ length: TREE }, (_, i) => f.load4(at, 16 * i));
        join(f.let(tree(rule, vectors)));
      });
      const rest = f.let(count.and(4 * TREE - 1));
      f.forRange(at, at, f.let(at.plus(rest.and(-4).shl(2))), 16, () => join(f.let(f.load4(at))));
      const lanes = f.let(count.and(3));
      f.if(lanes, () => {
        const inside = i32x4(0, 1, 2, 3).lt(lanes.splat());
        join(f.let(inside.select(f.load4(at), f32x4(rule.identity))));
      });
      const both = f.let(rule.double(low, high));
      const value = rule.scalar(both.lane(0), both.lane(1));
      if (direct) f.storeF32(to.plus(item.shl(2)), value.times(scale).toF32());
      else f.storeF64(to.plus(item.shl(3)), value);
    });
  });
}

/**
 * Item (o, chunk of rows, block of columns). `to` [O, chunks, padded]: the accumulators, a line of `padded` columns for each
 * chunk, so that whole vectors fit.
 */
function writeColumns(m: ModuleBuilder, rule: Rule): void {
  const signature = {
    ...{ begin: i32, end: i32, x: i32, to: i32, rows: i32, columns: i32, padded: i32 },
    ...{ chunk: i32, chunks: i32, blocks: i32 },
  };
  m.func('columns', signature, (f, args) => {
    const { begin, end, x, to, rows, columns, padded, chunk, chunks, blocks } = args;
    const stride = f.let(columns.shl(2));
    f.for(begin, end, 1, (item) => {
      const firstColumn = f.let(item.remU(blocks).times(COLUMNS));
      const line = f.let(item.divU(blocks));
      const firstRow = f.let(line.remU(chunks).times(chunk));
      const left = f.let(rows.minus(firstRow));
      const count = f.let(f.select(chunk.ltU(left), chunk, left));
      const row = f.let(line.divU(chunks).times(rows).plus(firstRow));
      const sums = f.let(to.plus(line.times(padded).plus(firstColumn).shl(3)));
      const columnsLeft = f.let(padded.minus(firstColumn).shl(2));
      const width = f.let(f.select(columnsLeft.ltU(COLUMNS * 4), columnsLeft, i32(COLUMNS * 4)));
      f.for(0, f.let(width.shl(1)), 16, (at) => f.store4(sums.plus(at), f64x2(rule.identity)));
      const at = f.let(x.plus(row.times(columns).plus(firstColumn).shl(2)));
      const end8 = f.let(at.plus(count.and(-TREE).times(stride)));
      f.while(at.ne(end8), () => {
        const lines = Array.from({ length: TREE }, (_, i) => f.let(at.plus(stride.times(i))));
        addColumns(f, rule, sums, width, (offset) =>
          tree(
            rule,
            lines.map((each) => f.load4(each.plus(offset))),
          ),
        );
        at.set(at.plus(stride.shl(3)));
      });
      const endAll = f.let(at.plus(count.and(TREE - 1).times(stride)));
      f.while(at.ne(endAll), () => {
        addColumns(f, rule, sums, width, (offset) => f.load4(at.plus(offset)));
        at.set(at.plus(stride));
      });
    });
  });
}

function addColumns(
  f: FunctionBuilder,
  rule: Rule,
  sums: I32,
  width: Var<I32>,
  value: (offset: I32) => F32x4,
): void {
  f.for(0, width, 16, (offset) => {
    const v = f.let(value(offset));
    const cell = f.let(sums.plus(offset.shl(1)));
    f.store4(cell, rule.double(f.load2d(cell), v.lowToF64x2()));
    f.store4(cell, rule.double(f.load2d(cell, 16), upper(v)), 16);
  });
}

/**
 * y[o, i] = scale times the fold of partials [O, chunks, padded] over the chunks. `finish` takes vectors of columns as items,
 * `padded` / 4 to each o; `finishRows` (I = 1, padded = 1) single values.
 */
function writeFinish(m: ModuleBuilder, rule: Rule): void {
  const signature = {
    begin: i32,
    end: i32,
    partials: i32,
    y: i32,
    chunks: i32,
    columns: i32,
    padded: i32,
    scale: f64,
  };
  m.func('finish', signature, (f, args) => {
    const { begin, end, partials, y, chunks, columns, padded } = args;
    const scale = f.let(args.scale.splat());
    const vectors = f.let(padded.shrU(2));
    const line = f.let(padded.shl(3));
    f.for(begin, end, 1, (item) => {
      const o = f.let(item.divU(vectors));
      const column = f.let(item.remU(vectors).shl(2));
      const at = f.let(partials.plus(o.times(chunks).times(padded).plus(column).shl(3)));
      const low = f.let(f.load2d(at));
      const high = f.let(f.load2d(at, 16));
      f.for(1, chunks, 1, () => {
        at.set(at.plus(line));
        low.set(rule.double(low, f.load2d(at)));
        high.set(rule.double(high, f.load2d(at, 16)));
      });
      const first = low.times(scale).toLowF32x4();
      const value = f.let(first.shuffle(high.times(scale).toLowF32x4(), 0, 1, 4, 5));
      const to = y.plus(o.times(columns).plus(column).shl(2));
      const inside = f.let(columns.minus(column));
      f.store4Partial(f.let(to), value, f.let(f.select(inside.ltU(4), inside, i32(4))));
    });
  });
  m.func(
    'finishRows',
    { begin: i32, end: i32, partials: i32, y: i32, chunks: i32, scale: f64 },
    (f, args) => {
      const { begin, end, partials, y, chunks, scale } = args;
      f.for(begin, end, 1, (item) => {
        const at = f.let(partials.plus(item.times(chunks).shl(3)));
        const value = f.let(f.loadF64(at));
        f.for(1, chunks, 1, () => {
          at.set(at.plus(8));
          value.set(rule.scalar(value, f.loadF64(at)));
        });
        f.storeF32(y.plus(item.shl(2)), value.times(scale).toF32());
      });
    },
  );
}
