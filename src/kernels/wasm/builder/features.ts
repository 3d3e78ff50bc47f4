import { platform } from '#platform';

/** (func (drop (f32x4.relaxed_madd (v128 zero) (v128 zero) (v128 zero)))): valid only with relaxed SIMD. */
function relaxedMaddModule(): Uint8Array<ArrayBuffer> {
  const zero = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
  const body = [0, ...zero, ...zero, ...zero, 0xfd, 0x85, 0x02, 0x1a, 0x0b];
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0];
  return new Uint8Array([...head, 10, body.length + 2, 1, body.length, ...body]);
}

function detectRelaxedFma(): boolean {
  const module = relaxedMaddModule();
  if (WebAssembly.validate(module)) return true;
  // Node 20 knows the instruction but hides it behind a V8 flag, read whenever a module is decoded.
  platform.enableRelaxedSimd();
  return WebAssembly.validate(module);
}

/**
 * Whether multiply-add is one instruction (relaxed SIMD). Otherwise `madd` is a multiplication and an addition.
 * The two round differently, so results on machines with and without it agree only to float32 rounding.
 */
export const relaxedFma: boolean = detectRelaxedFma();

let pairs = false;

/**
 * Whether the engine joins two operations of 128 bits to one of 256 (../wide/ switches it on). Kernels are then
 * written with vectors in pairs; their results are the same bits.
 */
export const inPairs = (): boolean => pairs;

export function setPairs(on: boolean): void {
  pairs = on;
}
