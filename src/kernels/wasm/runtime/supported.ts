/**
 * (func (param i32) (drop (i32x4.splat (local.get 0))) (memory.copy (i32.const 0) (i32.const 0) (i32.const 0))) with a memory
 * of one page: valid only with SIMD and bulk memory, which every engine has that knows SIMD (2021 on).
 */
const probe = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 1, 0x7f, 0],
  ...[3, 2, 1, 0],
  ...[5, 3, 1, 0, 1],
  ...[10, 19, 1, 17, 0, 0x20, 0, 0xfd, 0x11, 0x1a, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 0, 0x0b],
]);

/** Whether this engine can run the WebAssembly kernels. */
export function wasmSupported(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(probe);
}
