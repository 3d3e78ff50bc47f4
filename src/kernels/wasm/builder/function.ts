import { type Address, asI32, type Int, MemoryAccess } from './access.ts';
import { Bytes } from './encode.ts';
import { Code, type Emit, type Expr, plain, type ValueType, type Var } from './expr.ts';
import { inPairs } from './features.ts';
import { I32 } from './integers.ts';
import { sameType, typeOf } from './typeof.ts';
import type { F32x4 } from './vector.ts';

/** The parameters of a function, in order: `{ x: i32, scale: f32 }`. */
export type Signature = Record<string, ValueType>;
/** The expression class of a value type. */
type ExprOf<T> = T extends ValueType<infer E> ? E : never;
export type Parameters<S extends Signature> = { [K in keyof S]: Var<ExprOf<S[K]>> };
type Arguments<S extends Signature> = { [K in keyof S]: ExprOf<S[K]> | number };

const VOID = 0x40;

// biome-ignore lint/suspicious/noConfusingVoidType: a body that returns nothing is inferred as void.
export type Result = Expr | void;

/** A function of the module, to be called from functions written after it. */
export interface KernelFunction<S extends Signature = Signature, R extends Result = Result> {
  readonly name: string;
  readonly index: number;
  readonly signature: S;
  /** How to wrap the result, or null where there is none. */
  readonly wrap: ((emit: Emit) => R) | null;
}

/** One local variable; `open` turns false when its block ends. */
interface Slot {
  readonly index: number;
  open: boolean;
}

/** A number stands for the constant of the type in question. */
const operand = <T extends Expr>(type: ValueType<T>, value: T | number): T =>
  typeof value === 'number' ? type.of(value) : value;

/**
 * Writes the body of one function. Methods that return nothing are statements and take effect in the order
 * they are called; methods that return an expression do nothing until the expression is used.
 */
export class FunctionBuilder extends MemoryAccess {
  readonly code: Code;
  private scope: Slot[] = [];
  private readonly threadGlobal: number;

  constructor(parameters: number, threadGlobal: number) {
    super();
    this.code = new Code(parameters);
    this.threadGlobal = threadGlobal;
  }

  /** The number of the thread that runs this, 0 for the main thread: to find its own scratch memory. */
  get thread(): I32 {
    return new I32((out) => {
      out.byte(0x23);
      out.unsigned(this.threadGlobal);
    });
  }

  // ---- locals and scopes

  /** A local variable, starting at `start` or at zero. It lives until the block that it is made in ends. */
  local<T extends Expr>(type: ValueType<T>, start: T | number = 0): Var<T> {
    const variable = this.bind(this.takeSlot(type), type);
    variable.set(start);
    return variable;
  }

  /** Computes `value` here, once, and returns the local that holds it. */
  let<T extends Expr>(value: T): Var<T> {
    value.emit(this.code);
    const type = typeOf(value);
    const slot = this.takeSlot(type);
    this.code.localSet(slot.index);
    return this.bind(slot, type);
  }

  /**
   * Locals made inside `body` end with it: reading one later is an error. Their slots are not used again,
   * though it would be tempting: a slot assigned in several loops halves the speed of the inner one, or worse,
   * since Node 20's compiler carries it through all of them (6x8 multiply-add kernel: 58 against 27 GF/s).
   */
  block(body: () => void): void {
    const outer = this.scope;
    this.scope = [];
    body();
    for (const slot of this.scope) slot.open = false;
    this.scope = outer;
  }

  private takeSlot(type: ValueType): Slot {
    const slot = { index: this.code.newLocal(type.valtype), open: true };
    this.scope.push(slot);
    return slot;
  }

  /** The parameter at `index`, as a local variable. */
  parameter<T extends Expr>(index: number, type: ValueType<T>): Var<T> {
    return this.bind({ index, open: true }, type);
  }

  /** The expression that reads a slot, with its `set`. */
  private bind<T extends Expr>(slot: Slot, type: ValueType<T>): Var<T> {
    const check = (): void => {
      if (!slot.open) {
        throw new Error('This local was made inside a block that has ended. Make it before that block.');
      }
    };
    const read = type.make((out) => {
      check();
      out.localGet(slot.index);
    });
    const set = (value: T | number): void => {
      check();
      operand(type, value).emit(this.code);
      this.code.localSet(slot.index);
    };
    return Object.assign(read, { set });
  }

  /**
   * Stores vectors side by side, of the last one `lastLanes` (0 to 4). In pairs from the last to the first: where the first of a pair
   * came first, V8 would store it twice, lest a trap between the two be seen.
   */
  storeRow(address: Address, vectors: readonly F32x4[], lastLanes = 4, offset = 0): void {
    const order = [...vectors.keys()];
    if (inPairs()) order.reverse();
    for (const v of order) {
      const lanes = v === vectors.length - 1 ? lastLanes : 4;
      this.store4Partial(address, vectors[v], lanes, offset + v * 16);
    }
  }

  /** The first `count` (0 to 4) lanes, and not a byte more. */
  store4Partial(address: Address, value: F32x4, count: Int, offset = 0): void {
    if (typeof count === 'number') this.storeFirst(address, value, count, offset);
    else this.storeUpTo(address, value, count, offset);
  }

  private storeFirst(address: Address, value: F32x4, count: number, offset: number): void {
    if (count === 4) this.store4(address, value, offset);
    else if (count === 1) this.store4Lane(address, value, 0, offset);
    else if (count === 2) this.store4Half(address, value, 0, offset);
    else if (count === 3) {
      this.block(() => {
        const held = this.let(value);
        this.store4Half(address, held, 0, offset);
        this.store4Lane(address, held, 2, offset + 8);
      });
    }
  }

  private storeUpTo(address: Address, value: F32x4, lanes: I32, offset: number): void {
    this.block(() => {
      const held = this.let(value);
      this.if(
        lanes.ge(4),
        () => this.store4(address, held, offset),
        () =>
          this.if(
            lanes.and(2),
            () => {
              this.store4Half(address, held, 0, offset);
              this.if(lanes.and(1), () => this.store4Lane(address, held, 2, offset + 8));
            },
            () => this.if(lanes.and(1), () => this.store4Lane(address, held, 0, offset)),
          ),
      );
    });
  }
  // ---- control

  /**
   * for (i = start; i < end; i += step), compared unsigned, since addresses reach 4 GiB: an `end` that could
   * be negative (`n.minus(3)`) must not be passed; round down with `n.and(-4)`. The test is at the top, the
   * loop shape that Node 20 and 22 compile best.
   */
  forRange(i: Var<I32>, start: Int, end: Int, step: Int, body: () => void): void {
    if (start !== i) i.set(start);
    this.while(i.ltU(end), () => {
      body();
      i.set(i.plus(step));
    });
  }

  /** `forRange` with a counter of its own. */
  for(start: Int, end: Int, step: Int, body: (i: I32) => void): void {
    this.block(() => {
      const i = this.let(asI32(start));
      this.forRange(i, i, end, step, () => body(i));
    });
  }

  while(condition: I32, body: () => void): void {
    const { code } = this;
    code.byte(0x03); // loop
    code.byte(VOID);
    condition.emit(code);
    code.byte(0x04); // if
    code.byte(VOID);
    const before = code.localTypes.length;
    this.block(body);
    if (inPairs()) code.forgetVectors(before);
    code.byte(0x0c); // br to the loop
    code.unsigned(1);
    code.byte(0x0b);
    code.byte(0x0b);
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    const { code } = this;
    condition.emit(code);
    code.byte(0x04);
    code.byte(VOID);
    this.block(then);
    if (otherwise !== undefined) {
      code.byte(0x05);
      this.block(otherwise);
    }
    code.byte(0x0b);
  }

  /** Both are evaluated; `if` has branches. */
  select<T extends Expr>(condition: I32, yes: T, no: T): T {
    const valtype = typeOf(yes).valtype;
    return sameType(yes, (out) => {
      yes.emit(out);
      no.emit(out);
      condition.emit(out);
      out.byte(0x1c); // select with a type: v128 has no untyped form
      out.byte(1);
      out.byte(valtype);
    });
  }

  /** Leaves a function that has no result. */
  return(): void {
    this.code.byte(0x0f);
  }

  /** Calls for the effect; a result is dropped. */
  call<S extends Signature, R extends Result>(target: KernelFunction<S, R>, args: Arguments<S>): void {
    this.callEmit(target, args)(this.code);
    if (target.wrap !== null) this.code.byte(0x1a);
  }

  /** Calls for the result, where and as often as the expression is used. */
  value<S extends Signature, R extends Expr>(target: KernelFunction<S, R>, args: Arguments<S>): R {
    return target.wrap!(this.callEmit(target, args));
  }

  private callEmit<S extends Signature>(target: KernelFunction<S, Result>, args: Arguments<S>): Emit {
    const operands = Object.entries(target.signature).map(([name, type]) => operand(type, args[name]));
    return (out) => {
      for (const each of operands) each.emit(out);
      out.byte(0x10);
      out.unsigned(target.index);
    };
  }

  /** Evaluates an expression for its effect (an atomic add, say) and drops the value. */
  drop(value: Expr): void {
    plain(0x1a, value)(this.code);
  }

  /** The finished body: local declarations, prologue, code. */
  finish(): Bytes {
    const { code } = this;
    const body = new Bytes();
    body.unsigned(code.localTypes.length);
    for (const valtype of code.localTypes) {
      body.byte(1);
      body.byte(valtype);
    }
    body.bytes(code.prologue.view8());
    body.bytes(code.view8());
    body.byte(0x0b);
    return body;
  }
}
