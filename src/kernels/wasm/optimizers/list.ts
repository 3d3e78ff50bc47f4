import type { Numbers } from '../../contract.ts';
import { type F32x4, type FunctionBuilder, type I32, i32 } from '../builder/index.ts';
import { eachVector } from '../elementwise/vectors.ts';
import type { Kernel } from '../runtime/kernel.ts';
import { isKernelMemory } from '../runtime/memory.ts';
import { workspace } from '../runtime/operands.ts';

/**
 * One pass over many arrays at once: a model's parameters, with their gradients and whatever an optimizer remembers. Each
 * array is cut into blocks of at most 4096 numbers, and a table in memory lists the blocks: the address in each of the lists,
 * then the count. All threads share one list of blocks, so a hundred small tensors cost one fork and join, not a hundred.
 */
const BLOCK = 4096;
/** A record of the table: up to five addresses, the count, and eight bytes for a result, 32 in all. */
const RECORD = 32;
const COUNT = 20;
const RESULT = 24;
/** Numbers to a part, some 5 us. */
const PART = 8192;

interface BlockTable {
  address: number;
  blocks: number;
  /** Blocks to a part. */
  grain: number;
}

/** The table for lists that run in parallel. Runs `body`, then copies foreign arrays of the lists marked in `writes` back. */
export function withTable(
  lists: readonly (readonly Numbers[])[],
  writes: readonly boolean[],
  body: (table: BlockTable) => void,
): void {
  const arrays = lists[0];
  let blocks = 0;
  let total = 0;
  for (const { length } of arrays) {
    blocks += Math.ceil(length / BLOCK);
    total += length;
  }
  if (blocks === 0) return;
  const block = workspace((blocks * RECORD) / 4);
  const words = new Int32Array(block.buffer, block.byteOffset, (blocks * RECORD) / 4);
  const back: { to: Numbers; from: Float32Array }[] = [];
  for (let list = 0; list < lists.length; list++) {
    let at = list;
    for (const data of lists[list]) {
      const { length } = data;
      let address = data.byteOffset;
      if (!isKernelMemory(data)) {
        const copy = workspace(length);
        copy.set(data);
        address = copy.byteOffset;
        if (writes[list]) back.push({ to: data, from: copy });
      }
      for (let start = 0; start < length; start += BLOCK) {
        words[at] = address + start * 4;
        if (list === 0) words[at + COUNT / 4] = Math.min(BLOCK, length - start);
        at += RECORD / 4;
      }
    }
  }
  body({ address: block.byteOffset, blocks, grain: Math.max(1, Math.floor((PART * blocks) / total)) });
  for (const { to, from } of back) to.set(from);
}

/** The eight bytes of each block, in the order of the table, added up. */
export function sumOfResults({ address, blocks }: BlockTable, buffer: ArrayBufferLike): number {
  const results = new Float64Array(buffer, address, (blocks * RECORD) / 8);
  let sum = 0;
  for (let i = RESULT / 8; i < results.length; i += RECORD / 8) sum += results[i];
  return sum;
}

export function runTable(kernel: Kernel, name: string, table: BlockTable, ...args: number[]): void {
  kernel.range(name, table.blocks, table.grain, table.address, ...args);
}

interface BlockInKernel {
  /** The block's address in list `list`. */
  address: (list: number) => I32;
  count: I32;
  /** Where the block's result goes: a float64. */
  result: I32;
  resultOffset: number;
}

/** body for each block of the table from `begin` to `end`. */
export function eachBlock(
  f: FunctionBuilder,
  begin: I32,
  end: I32,
  table: I32,
  body: (block: BlockInKernel) => void,
): void {
  f.for(begin, end, 1, (index) => {
    const record = f.let(table.plus(index.times(RECORD)));
    body({
      address: (list) => f.let(f.loadI32(record, list * 4)),
      count: f.let(f.loadI32(record, COUNT)),
      result: record,
      resultOffset: RESULT,
    });
  });
}

/** Stores a vector, or of the last vector of a block only what belongs to it. */
type Store = (base: I32, value: F32x4) => void;

/** body for each vector of a block: `at` is its byte offset, loads take `constant` as well, and `store` knows both. */
export function eachVectorOfBlock(
  f: FunctionBuilder,
  count: I32,
  unroll: number,
  body: (at: I32, constant: number, store: Store) => void,
): void {
  const full = f.let(count.shrU(2));
  eachVector(f, i32(0), full, unroll, (at, constant) =>
    f.block(() => body(at, constant, (base, value) => f.store4(base.plus(at), value, constant))),
  );
  f.if(count.and(3), () => {
    const at = f.let(full.shl(4));
    body(at, 0, (base, value) => f.store4Partial(base.plus(at), value, count.and(3)));
  });
}

/**
 * `x` without denormals: a moment that decays towards zero would spend its last steps there, where arithmetic is up to a
 * hundred times slower, and WebAssembly cannot ask the processor to flush them.
 */
export function flushDenormals(x: F32x4): F32x4 {
  return x.andNot(x.abs().lt(2 ** -126));
}

/** g^2, or 0 where that is a denormal: such gradients are zero in all but name, and slow. */
export const squareOf = (g: F32x4): F32x4 => g.times(g.andNot(g.abs().lt(2 ** -63)));
