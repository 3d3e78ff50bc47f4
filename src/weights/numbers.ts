import type { Numbers } from '../kernels/contract.ts';

/**
 * The number formats of safetensors, each as numbers that can be computed with and as bytes, little-endian. Everything is read
 * without loss into float32 or float64; written are float32, float64 and, for counters, I64.
 */
type StoredDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

/** Bytes of one number, and how all of a block are read. */
interface NumberFormat {
  width: number;
  read(bytes: ArrayBuffer): Numbers;
}

const whole = (ArrayType: new (bytes: ArrayBuffer) => ArrayLike<number>) => (bytes: ArrayBuffer) =>
  Float32Array.from(new ArrayType(bytes));

/** A Map, so that a file's "constructor" is no format. */
const formats = new Map<string, NumberFormat>(
  Object.entries({
    F64: { width: 8, read: (bytes) => new Float64Array(bytes) },
    F32: { width: 4, read: (bytes) => new Float32Array(bytes) },
    F16: { width: 2, read: (bytes) => fromHalves(new Uint16Array(bytes)) },
    BF16: { width: 2, read: (bytes) => fromBrainFloats(new Uint16Array(bytes)) },
    I64: { width: 8, read: (bytes) => Float64Array.from(new BigInt64Array(bytes), Number) },
    I32: { width: 4, read: (bytes) => Float64Array.from(new Int32Array(bytes)) },
    I16: { width: 2, read: whole(Int16Array) },
    I8: { width: 1, read: whole(Int8Array) },
    U8: { width: 1, read: whole(Uint8Array) },
    BOOL: { width: 1, read: whole(Uint8Array) },
  } satisfies Record<StoredDtype, NumberFormat>),
);

export const readableDtypes = [...formats.keys()];

/** undefined for a format that is not one of `readableDtypes`. */
export function numberFormat(dtype: string): NumberFormat | undefined {
  return formats.get(dtype);
}

/** The bytes of numbers as a file of `dtype` has them. */
export function numberBytes(data: Numbers, dtype: 'F32' | 'F64' | 'I64'): Uint8Array {
  const array = dtype === 'I64' ? BigInt64Array.from(data, (value) => BigInt(Math.round(value))) : data;
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits. Every half is a float32. */
function fromHalves(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}

/** The upper half of a float32. */
function fromBrainFloats(upper: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(upper, (bits) => bits << 16).buffer);
}
