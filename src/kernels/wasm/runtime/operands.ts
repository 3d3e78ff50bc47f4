import { type NDArray, type Numbers, type Shape, sizeOf } from '../../contract.ts';
import { listFresh } from '../../ownership.ts';
import { allocate, isKernelMemory, release } from './memory.ts';

/**
 * What goes into a kernel and what comes out. Every kernel of the contract runs inside `kernelCall`: inputs from
 * ordinary JavaScript memory are copied in for the length of the call, workspaces end with the call, and results are
 * listed as fresh, so that the caller's lifetime takes them over (../../ownership.ts).
 */
const workspaces: Float32Array[] = [];
/** How many of them are in use: counted apart, since an array that is emptied gives its own memory up every time. */
let workspaceCount = 0;

/** Runs `body`, then gives back the workspaces and the copies of inputs that it made. Calls may nest. */
export function kernelCall<T>(body: () => T): T {
  const outer = workspaceCount;
  try {
    return body();
  } finally {
    while (workspaceCount > outer) release(workspaces[--workspaceCount]);
  }
}

/** The address of an input: where it is, or of a copy. */
export function input(data: Numbers | Int32Array): number {
  if (isKernelMemory(data)) return data.byteOffset;
  const block = workspace(data.length);
  if (data instanceof Int32Array) new Int32Array(block.buffer, block.byteOffset, data.length).set(data);
  else block.set(data);
  return block.byteOffset;
}

/** A block for the length of the call, not cleared. */
export function workspace(floats: number): Float32Array {
  const block = allocate(floats);
  workspaces[workspaceCount++] = block;
  return block;
}

/** A new array for a result, not cleared. */
export function result(shape: Shape): NDArray {
  const data = allocate(sizeOf(shape));
  listFresh(data);
  return { shape, data };
}

/** Runs `body` on the address of numbers that it changes: foreign ones are copied in before and back out after. */
export function inPlace(data: Numbers, body: (address: number) => void): void {
  if (isKernelMemory(data)) {
    body(data.byteOffset);
    return;
  }
  const copy = workspace(data.length);
  copy.set(data);
  body(copy.byteOffset);
  data.set(copy);
}
