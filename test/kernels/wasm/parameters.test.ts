import { expect, test } from 'vitest';
import { i32 } from '../../../src/kernels/wasm/builder/index.ts';
import { Kernel, kernelModule } from '../../../src/kernels/wasm/runtime/kernel.ts';
import { allocate, release } from '../../../src/kernels/wasm/runtime/memory.ts';
import { argumentsOf, parameterBlock } from '../../../src/kernels/wasm/templates/parameters.ts';

test('a kernel reads by name what the plan and the call have set', () => {
  const names = parameterBlock({ fixed: ['rows', 'width'], call: ['x'], doubles: ['scale', 'shift'] });
  const kernel = new Kernel(
    kernelModule('parameters', (m) => {
      m.func('run', { task: i32, to: i32 }, (f, { task, to }) => {
        const { word, double } = names.reader(f, task);
        const values = [word('rows'), word('width'), word('x')].map((value) => value.toF64());
        [...values, double('scale'), double('shift')].forEach((value, i) => {
          f.storeF64(to, value, 8 * i);
        });
      });
    }),
  );
  const block = allocate(10);
  const seen = new Float64Array(block.buffer, block.byteOffset, 5);
  const [one, other] = [names.place({ width: 2, rows: 1 }), names.place({ rows: 10, width: 20 })];
  one.set({ x: 3, shift: 0.5, scale: 0.25 });
  other.set({ x: 30, shift: 5, scale: 2.5 });
  kernel.call('run', one.address, block.byteOffset);
  expect([...seen]).toEqual([1, 2, 3, 0.25, 0.5]);
  kernel.call('run', other.address, block.byteOffset);
  expect([...seen]).toEqual([10, 20, 30, 2.5, 5]);
  release(block);
});

test('arguments stand in the order of the signature', () => {
  expect(argumentsOf({ a: i32, b: i32, c: i32 }, { c: 3, a: 1, b: 2 })).toEqual([1, 2, 3]);
});
