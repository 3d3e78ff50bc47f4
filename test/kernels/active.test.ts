import { afterEach, expect, test, vi } from 'vitest';
import { activeKernels, initialKernels, kernels, useKernels } from '../../src/kernels/active.ts';
import { reference } from '../../src/kernels/reference/reference.ts';
import { wasm } from '../../src/kernels/wasm/wasm.ts';

afterEach(() => vi.unstubAllEnvs());

test('WebAssembly is the default, and NORMGRAD_KERNELS chooses', () => {
  vi.stubEnv('NORMGRAD_KERNELS', '');
  expect(initialKernels()).toBe(wasm);
  vi.stubEnv('NORMGRAD_KERNELS', 'wasm');
  expect(initialKernels()).toBe(wasm);
  vi.stubEnv('NORMGRAD_KERNELS', 'reference');
  expect(initialKernels()).toBe(reference);
  vi.stubEnv('NORMGRAD_KERNELS', 'fast');
  expect(() => initialKernels()).toThrow('NORMGRAD_KERNELS must be "wasm" or "reference", got "fast"');
});

test('float64 runs on the reference kernels whatever is active', () => {
  const before = useKernels(wasm);
  expect(kernels({ data: new Float64Array(1) })).toBe(reference);
  expect(kernels({ data: new Float32Array(1) })).toBe(wasm);
  expect(useKernels(reference)).toBe(wasm);
  expect(activeKernels()).toBe(reference);
  useKernels(before);
});
