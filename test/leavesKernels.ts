import { afterAll, expect } from 'vitest';
import { activeKernels, initialKernels } from '../src/kernels/active.ts';
import { winogradEnabled } from '../src/kernels/wasm/conv/winograd/choice.ts';

/**
 * Test files of a worker share the modules (vitest.config.ts, isolate), and so the choice of kernels. A file that leaves another
 * choice behind would change the bits of whichever file comes next: it fails itself instead.
 */
const winograd = winogradEnabled();

afterAll(() => {
  expect(activeKernels().name, 'this file leaves other kernels active than it found').toBe(
    initialKernels().name,
  );
  expect(winogradEnabled(), 'this file leaves Winograd switched').toBe(winograd);
});
