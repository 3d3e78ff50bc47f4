import { Bytes } from './encode.ts';
import { type Emit, VALTYPE } from './expr.ts';
import { inPairs } from './features.ts';
import {
  FunctionBuilder,
  type KernelFunction,
  type Parameters,
  type Result,
  type Signature,
} from './function.ts';
import { typeOf } from './typeof.ts';

/** The bytes of a module, with the names of its functions in the order of their export. */
export interface KernelModule {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly functions: readonly string[];
}

/** The memory that modules import: it must agree with how the memory was made (memory.ts). */
interface MemoryImport {
  readonly maximumPages: number;
  readonly shared: boolean;
}

const SECTION = { custom: 0, type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
const GLOBAL_THREAD = 0;

export class ModuleBuilder {
  private readonly types: string[] = [];
  private readonly functions: { name: string; type: number; body: Bytes }[] = [];

  /**
   * Adds a function and exports it by its name. The body gets the builder `f` and the parameters as locals;
   * what it returns is the result of the function.
   */
  func<S extends Signature, R extends Result>(
    name: string,
    signature: S,
    write: (f: FunctionBuilder, parameters: Parameters<S>) => R,
  ): KernelFunction<S, R> {
    const entries = Object.entries(signature);
    const f = new FunctionBuilder(entries.length, GLOBAL_THREAD);
    const parameters = Object.fromEntries(
      entries.map(([key, type], index) => [key, f.parameter(index, type)]),
    ) as unknown as Parameters<S>;
    const result = write(f, parameters);
    result?.emit(f.code);
    const results = result === undefined ? [] : [typeOf(result).valtype];
    const type = this.typeIndex(
      entries.map(([, each]) => each.valtype),
      results,
    );
    this.functions.push({ name, type, body: f.finish() });
    const wrap = result === undefined ? null : (typeOf(result).make as (emit: Emit) => R);
    return { name, index: this.functions.length - 1, signature, wrap };
  }

  private typeIndex(parameters: number[], results: number[]): number {
    const key = [0x60, parameters.length, ...parameters, results.length, ...results].join();
    const known = this.types.indexOf(key);
    return known >= 0 ? known : this.types.push(key) - 1;
  }

  finish(name: string, memory: MemoryImport): KernelModule {
    const { types, functions } = this;
    const out = new Bytes();
    out.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    out.section(SECTION.type, types.length, (s) => {
      for (const type of types) s.bytes(type.split(',').map(Number));
    });
    out.section(SECTION.import, 2, (s) => {
      s.name('env');
      s.name('memory');
      s.byte(2);
      s.byte(memory.shared ? 3 : 1);
      s.unsigned(0);
      s.unsigned(memory.maximumPages);
      s.name('env');
      s.name('thread');
      s.bytes([3, VALTYPE.i32, 0]);
    });
    out.section(SECTION.function, functions.length, (s) => {
      for (const each of functions) s.unsigned(each.type);
    });
    out.section(SECTION.export, functions.length, (s) => {
      functions.forEach((each, index) => {
        s.name(each.name);
        s.byte(0);
        s.unsigned(index);
      });
    });
    out.section(SECTION.code, functions.length, (s) => {
      for (const each of functions) s.sized(each.body);
    });
    // V8 keeps the code of a module for the next one of the same bytes, which may be from before pairs were joined.
    if (inPairs()) out.bytes([SECTION.custom, 1, 0]);
    return { name, bytes: out.view8().slice(), functions: functions.map((each) => each.name) };
  }
}
