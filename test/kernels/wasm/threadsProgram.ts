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

/** The share of a core that this process uses while its main thread waits. */
async function coresWhileIdle(): Promise<number> {
  const before = process.cpuUsage();
  const begun = performance.now();
  await settle(100);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (performance.now() - begun);
}

// On a busy machine workers are still coming up here, and compiling: what counts is that quiet comes, where a
// worker that spins would keep a core for ever.
let sleeps = false;
for (let i = 0; i < 50 && !sleeps; i++) sleeps = (await coresWhileIdle()) < 0.5;
const correct = x.every((value) => value === 32);
console.log(JSON.stringify({ threads: threadCount(), correct, sleeps }));
