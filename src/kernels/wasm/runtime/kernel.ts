import { inPairs } from '../builder/features.ts';
import { type KernelModule, ModuleBuilder } from '../builder/module.ts';
import { MAX_ARGUMENTS } from './control.ts';
import { allocate, kernelMemory } from './memory.ts';
import { type Job, type PartFunction, publishModule, runInTurn } from './threads.ts';

/** Writes a module with the kernel builder. Its functions are exported by their names. */
export function kernelModule(name: string, write: (m: ModuleBuilder) => void): KernelModule {
  const builder = new ModuleBuilder();
  write(builder);
  return builder.finish(name, kernelMemory());
}

/** A compiled kernel: its functions, to be called here or on all threads. */
export class Kernel {
  private readonly name: string;
  private readonly id: number;
  private readonly functions = new Map<string, { call: PartFunction; index: number }>();

  constructor(source: KernelModule) {
    this.name = source.name;
    const { memory } = kernelMemory();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(source.bytes), {
      env: { memory, thread: 0 },
    });
    source.functions.forEach((name, index) => {
      this.functions.set(name, { call: instance.exports[name] as PartFunction, index });
    });
    // The workers read the bytes when they first meet the kernel, so they stay for good.
    const block = allocate(Math.ceil(source.bytes.length / 4));
    new Uint8Array(block.buffer, block.byteOffset, source.bytes.length).set(source.bytes);
    this.id = publishModule(block.byteOffset, source.bytes.length);
  }

  private find(name: string): { call: PartFunction; index: number } {
    const found = this.functions.get(name);
    if (found !== undefined) return found;
    throw new Error(
      `Kernel ${this.name} has no function ${name}; it has ${[...this.functions.keys()].join(', ')}.`,
    );
  }

  /** Calls a function on this thread alone, with exactly these arguments; gives its result. */
  call(name: string, ...args: number[]): number {
    const run = this.find(name).call as unknown as (...args: number[]) => number;
    return run(...args);
  }

  /**
   * `name(begin, end, ...args)` over items 0 to `items`, for runInTurn. Every call gets a range whose begin is a multiple of
   * `grain`; so is its end, save at the last item. Choose a grain worth some 5 us.
   */
  job(name: string, items: number, grain: number, ...args: number[]): Job {
    return this.jobWith(name, items, grain, args);
  }

  /** Runs one job on all threads; one of up to `grain` items runs right here. */
  range(name: string, items: number, grain: number, ...args: number[]): void {
    runInTurn([this.jobWith(name, items, grain, args)]);
  }

  private jobWith(name: string, items: number, grain: number, args: readonly number[]): Job {
    const { call, index } = this.find(name);
    if (args.length > MAX_ARGUMENTS) {
      throw new RangeError(
        `A kernel takes up to ${MAX_ARGUMENTS} arguments after its range, got ${args.length}.`,
      );
    }
    return { run: call, module: this.id, index, items, grain, args };
  }

  /** `range` with one item to a part: `name(firstPart, endPart, ...args)`. */
  parallel(name: string, parts: number, ...args: number[]): void {
    runInTurn([this.jobWith(name, parts, 1, args)]);
  }
}

const cache = new Map<string, Kernel>();

/** The kernel for `key` (which names the kernel and every number it is specialised to), built at first use. */
export function compileKernel(key: string, build: () => KernelModule): Kernel {
  const fullKey = inPairs() ? `${key} in pairs` : key;
  let kernel = cache.get(fullKey);
  if (kernel === undefined) {
    kernel = new Kernel(build());
    cache.set(fullKey, kernel);
  }
  return kernel;
}
