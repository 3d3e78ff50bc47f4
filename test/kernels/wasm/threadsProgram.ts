/** Run by threads.test.ts in a process of its own: works on threads, idles, prints a line, and ends. */
import { i32 } from '../../../src/kernels/wasm/builder/index.ts';
import { compileKernel, kernelModule } from '../../../src/kernels/wasm/runtime/kernel.ts';
import { allocate } from '../../../src/kernels/wasm/runtime/memory.ts';
import { threadCount } from '../../../src/kernels/wasm/runtime/threads.ts';

const kernel = compileKernel('double', () =>
  kernelModule('double', (m) => {
    m.func('run', { begin: i32, end: i32, x: i32 }, (f, { begin, end, x }) => {
      f.for(begin, end, 1, (i) => {
        const at = f.let(x.plus(i.shl(2)));
        f.storeF32(at, f.loadF32(at).times(2));
      });
    });
  }),
);

const settle = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const x = allocate(100_000).fill(1);
for (let i = 0; i < 5; i++) {
  kernel.range('run', x.length, 64, x.byteOffset);
  await settle(20);
}
const before = process.cpuUsage();
await settle(300);
const { user, system } = process.cpuUsage(before);
const correct = x.every((value) => value === 32);
console.log(JSON.stringify({ threads: threadCount(), correct, idleCores: (user + system) / 300_000 }));
