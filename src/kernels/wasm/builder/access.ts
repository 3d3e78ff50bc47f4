import { access, type Code, prefixed } from './expr.ts';
import { F32, F64 } from './floats.ts';
import { I32, type I64, i32 } from './integers.ts';
import { F32x4, F64x2, f32x4, I32x4, i32x4 } from './vector.ts';

/** A byte address in the shared memory. */
export type Address = I32;
export type Int = I32 | number;
export const asI32 = (value: Int): I32 => (typeof value === 'number' ? i32(value) : value);

/**
 * Loads, stores, bulk copies and atomics. Every address may carry a constant offset in bytes, which costs
 * nothing. Loads are expressions (they run where they are used), stores are statements.
 */
export abstract class MemoryAccess {
  abstract readonly code: Code;

  // ---- loads: address + constant offset in bytes

  load4(address: Address, offset = 0): F32x4 {
    return new F32x4(access(0x00, 0, offset, [address], undefined, 0xfd));
  }
  load2d(address: Address, offset = 0): F64x2 {
    return new F64x2(access(0x00, 0, offset, [address], undefined, 0xfd));
  }
  load4i(address: Address, offset = 0): I32x4 {
    return new I32x4(access(0x00, 0, offset, [address], undefined, 0xfd));
  }
  /** One float in all four lanes. */
  load4Splat(address: Address, offset = 0): F32x4 {
    return new F32x4(access(0x09, 0, offset, [address], undefined, 0xfd));
  }
  load2dSplat(address: Address, offset = 0): F64x2 {
    return new F64x2(access(0x0a, 0, offset, [address], undefined, 0xfd));
  }
  /** One float in lane 0, zero in the others. */
  load4One(address: Address, offset = 0): F32x4 {
    return new F32x4(access(0x5c, 0, offset, [address], undefined, 0xfd));
  }
  /** Two floats in lanes 0 and 1, zero in the others. */
  load4Two(address: Address, offset = 0): F32x4 {
    return new F32x4(access(0x5d, 0, offset, [address], undefined, 0xfd));
  }
  /** `into` with lane `lane` loaded from memory. */
  load4Lane(into: F32x4, lane: 0 | 1 | 2 | 3, address: Address, offset = 0): F32x4 {
    return new F32x4(access(0x56, 0, offset, [address, into], lane, 0xfd));
  }
  /**
   * The first `count` (0 to 4) floats, zero in the other lanes. With an expression as count all 16 bytes are
   * read, then masked: blocks of the pool always have readable memory after them.
   */
  load4Partial(address: Address, count: Int, offset = 0): F32x4 {
    if (typeof count !== 'number') {
      return this.load4(address, offset).and(i32x4(0, 1, 2, 3).lt(count.splat()));
    }
    if (count === 0) return f32x4(0);
    if (count === 1) return this.load4One(address, offset);
    if (count === 2) return this.load4Two(address, offset);
    return count === 3
      ? this.load4Lane(this.load4Two(address, offset), 2, address, offset + 8)
      : this.load4(address, offset);
  }
  loadF32(address: Address, offset = 0): F32 {
    return new F32(access(0x2a, 0, offset, [address]));
  }
  loadF64(address: Address, offset = 0): F64 {
    return new F64(access(0x2b, 0, offset, [address]));
  }
  loadI32(address: Address, offset = 0): I32 {
    return new I32(access(0x28, 0, offset, [address]));
  }
  loadU8(address: Address, offset = 0): I32 {
    return new I32(access(0x2d, 0, offset, [address]));
  }

  // ---- stores

  /** Stores a vector of any view: 16 bytes. */
  store4(address: Address, value: F32x4 | F64x2 | I32x4, offset = 0): void {
    access(0x0b, 0, offset, [address, value], undefined, 0xfd)(this.code);
  }
  /** One lane, 4 bytes. */
  store4Lane(address: Address, value: F32x4 | I32x4, lane: 0 | 1 | 2 | 3, offset = 0): void {
    access(0x5a, 0, offset, [address, value], lane, 0xfd)(this.code);
  }
  /** Lanes 0 and 1 (half 0) or 2 and 3 (half 1), 8 bytes. */
  store4Half(address: Address, value: F32x4 | F64x2 | I32x4, half: 0 | 1, offset = 0): void {
    access(0x5b, 0, offset, [address, value], half, 0xfd)(this.code);
  }
  storeF32(address: Address, value: F32, offset = 0): void {
    access(0x38, 0, offset, [address, value])(this.code);
  }
  storeF64(address: Address, value: F64, offset = 0): void {
    access(0x39, 0, offset, [address, value])(this.code);
  }
  storeI32(address: Address, value: Int, offset = 0): void {
    access(0x36, 0, offset, [address, asI32(value)])(this.code);
  }
  storeU8(address: Address, value: Int, offset = 0): void {
    access(0x3a, 0, offset, [address, asI32(value)])(this.code);
  }
  /** Copies `bytes` bytes; the ranges may overlap. */
  copy(to: Address, from: Address, bytes: Int): void {
    prefixed(0xfc, 10, [to, from, asI32(bytes)], [0, 0])(this.code);
  }
  /** Sets `bytes` bytes to `byte`. */
  fill(to: Address, byte: Int, bytes: Int): void {
    prefixed(0xfc, 11, [to, asI32(byte), asI32(bytes)], [0])(this.code);
  }

  // ---- atomics on 32-bit words, address a multiple of 4

  atomicLoad(address: Address, offset = 0): I32 {
    return new I32(access(0x10, 2, offset, [address], undefined, 0xfe));
  }
  atomicStore(address: Address, value: Int, offset = 0): void {
    access(0x17, 2, offset, [address, asI32(value)], undefined, 0xfe)(this.code);
  }
  /** Adds, and gives the value from before. */
  atomicAdd(address: Address, value: Int, offset = 0): I32 {
    return new I32(access(0x1e, 2, offset, [address, asI32(value)], undefined, 0xfe));
  }
  /** Sleeps while the word equals `expected`: 0 woken, 1 not equal, 2 timed out. Never in a browser's window. */
  atomicWait(address: Address, expected: Int, nanoseconds: I64, offset = 0): I32 {
    return new I32(access(0x01, 2, offset, [address, asI32(expected), nanoseconds], undefined, 0xfe));
  }
  /** Wakes up to `count` sleepers, and gives how many it woke. */
  atomicNotify(address: Address, count: Int, offset = 0): I32 {
    return new I32(access(0x00, 2, offset, [address, asI32(count)], undefined, 0xfe));
  }
}
